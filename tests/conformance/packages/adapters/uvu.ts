/** uvu: `test(title, body)`, `suite(title)`, each run by itself. */
import { add, type Body, group, hook } from "./suite.ts";

interface Uvu extends Body {
  readonly skip: Body;
}

function make(title: string | undefined): Uvu {
  const context = {};
  const inside = (define: Body): void => (title === undefined ? void define() : group(title, define));
  const test = (name: string, body: Body): void => inside(() => add(name, async () => body(context)));
  const hooked =
    (kind: "before" | "after" | "beforeEach" | "afterEach") =>
    (body: Body): void =>
      inside(() => hook(kind, async () => body(context)));
  return Object.assign(test, {
    skip: (name: string): void => inside(() => add(name, () => {}, { skip: "the package skips it" })),
    only: test,
    run: (): void => {},
    before: Object.assign(hooked("before"), { each: hooked("beforeEach") }),
    after: Object.assign(hooked("after"), { each: hooked("afterEach") }),
  });
}

export const test: Uvu = make(undefined);
export const suite = (title: string): Uvu => make(title);
