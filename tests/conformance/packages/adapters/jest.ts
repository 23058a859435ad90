/** jest, as a module. */
export { expect, jest } from "./expect.ts";
export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  test,
  xdescribe,
  xit,
  xtest,
} from "./mocha.ts";
