/** Classes of the program's own choosing, whose instances are saved by a function of the program. */
import { UserError } from "../base/errors.ts";
import { hasKind, isRegistration, type Registration, saveableOf } from "../runtime/index.ts";
import { savePlainly } from "./plain.ts";
import { inTask } from "./task.ts";

/**
 * Says how instances of a class are saved with the task, and copied to other tasks: for classes of packages, and for any that keep what they are out of sight.
 * Call it once, where the module begins.
 *
 *     saveable(Decimal, { save: (decimal) => decimal.toString(), load: (text) => new Decimal(text) });
 *
 * `save` answers what makes the instance again: anything that can be saved but the instance itself; `load` makes it, with the same class. Both are called
 * at once, whenever the task is saved or thawed, and do nothing else. Instances of classes below it need words of their own.
 */
export function saveable<T extends object, S>(
  // biome-ignore lint/suspicious/noExplicitAny: any class
  type: abstract new (...args: any[]) => T,
  { save, load }: { readonly save: (instance: T) => S; readonly load: (saved: S) => T },
): void {
  if (typeof type !== "function" || typeof type.prototype !== "object" || type.prototype === null)
    throw new UserError(
      `saveable() takes a class, as in saveable(Decimal, { save, load }); the first argument is ${typeof type}`,
    );
  const word = `saveable(${type.name})`;
  for (const [name, fn] of Object.entries({ save, load }))
    if (typeof fn !== "function") throw new UserError(`${word}: ${name} is ${typeof fn}; give a function`);
  const prototype = type.prototype as object;
  if (hasKind(prototype) || saveableOf(prototype) !== undefined)
    throw new UserError(`${word}: its instances are saved as they are; leave the call out`);
  const registration = { class: type, save, load } as unknown as Registration;
  const isNew = inTask(
    word,
    (kernel) => {
      if (!isRegistration(registration))
        throw new UserError(
          `${word}: save and load have to be functions of the program; write save: (object) => ..., load: (saved) => ...`,
        );
      return kernel.classes.register(registration);
    },
    () => savePlainly(registration),
  );
  if (!isNew)
    throw new UserError(
      `${word}: the class is registered already, with other functions; keep one of the two calls`,
    );
}
