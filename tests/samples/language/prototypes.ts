/** Constructors of the old kind: prototypes that were extended, replaced, derived, shared, taken away. */
export default async function main(log) {
  function Extended(this: any) {
    this.own = 1;
  }
  Extended.prototype.twice = function () {
    return this.own * 2;
  };
  function Replaced(this: any) {
    this.hint = "own";
  }
  Replaced.prototype = { feat: 2, hint: "of the prototype" };
  function Derived(this: any) {
    Extended.call(this);
  }
  Object.setPrototypeOf(Derived.prototype, Extended.prototype);
  function Shared() {}
  Shared.prototype = Derived.prototype;
  function Bare() {}
  Bare.prototype = null;
  const e = new Extended(), r = new Replaced(), d = new Derived();
  await null;
  log(e.twice(), e instanceof Extended, Extended.prototype.constructor === Extended);
  const keys = [];
  for (const key in r) keys.push(key + r[key]);
  log(keys.join(), r instanceof Replaced, Replaced.prototype.feat, new Replaced().feat);
  log(d.twice(), d instanceof Extended, d instanceof Derived, new Derived().twice());
  log(Shared.prototype === Derived.prototype, new Shared() instanceof Derived, Bare.prototype);
  await null;
  log(Object.getPrototypeOf(new Bare()) === Object.prototype, Object.keys(Derived.prototype).length);
}
