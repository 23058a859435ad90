/** vitest and jest, as a module. */
export { expect, jest, vi } from "./expect.ts";
export {
  after,
  afterAll,
  afterEach,
  before,
  beforeAll,
  beforeEach,
  describe,
  it,
  suite,
  test,
} from "./mocha.ts";
