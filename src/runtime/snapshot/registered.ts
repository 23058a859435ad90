/**
 * Instances of classes that the program has registered: the registration, and what its `save` has answered.
 *
 * R1. What `save` answers is a value by itself, as what goes from task to task is: a primitive stands there as it is, anything else as the bytes
 *     of a value. So `load` has all of it, and nothing in it can lead back to the instance.
 * R2. `save` only looks: an instance whose `save` asks for an effect is refused.
 * R3. `load` runs when everything else of the snapshot is in place, but for other instances of registered classes.
 */
import { NotSaveableError, SnapshotError } from "../errors.ts";
import { handlesIn } from "../handles.ts";
import { isRegistration, type Registration, saveableOf } from "../saveable.ts";
import type { Case } from "./cases.ts";
import type { CodecContext } from "./context.ts";
import type { Encoder } from "./encoder.ts";
import { Later } from "./later.ts";
import { kinds } from "./tags.ts";

/** How deep instances may stand in what `save` of others answers: each is a value in a value. */
const nestingMax = 8;

/** Of a class of the house. */
export const saveableCase: Case = {
  tag: kinds.saveable,
  shell(out, value) {
    out.text(saveableOf(Object.getPrototypeOf(value) as object)!.name);
  },
  write(out, value) {
    const saveable = saveableOf(Object.getPrototypeOf(value) as object)!;
    const handle = saveable.leadsTo?.(value, out.context.kernel);
    if (handle !== undefined) out.handles.add(handle);
    out.value(saveable.save(value, out.context.kernel), "[saved]");
  },
};

export const registeredCase: Case = {
  tag: kinds.registered,
  write(out, value) {
    const registration = out.context.kernel.classes.of(Object.getPrototypeOf(value) as object)!;
    out.value(registration, "[class]");
    out.value(saved(out, registration, value), "[saved]");
  },
};

function saved(out: Encoder, registration: Registration, value: object): unknown {
  const { kernel } = out.context;
  const { saving } = kernel.classes;
  const what = `what save() of ${registration.class.name} answers`;
  if (saving.has(value))
    return out.refuse(`${what} leads back to the object itself; leave it out, and set it in load()`);
  if (saving.size >= nestingMax)
    return out.refuse(
      `objects like it stand in what save() answers more than ${nestingMax} deep; keep them in an array`,
    );
  saving.add(value);
  try {
    const data = asked(out, registration, value);
    if (!isObject(data) && typeof data !== "symbol") return data;
    if (isObject(data) && typeof (data as { then?: unknown }).then === "function")
      return out.refuse(`${what} is a promise; it has to answer at once`);
    const bytes = kernel.codec.encode(kernel, data, what);
    for (const id of handlesIn(bytes) ?? []) out.handles.add(id);
    return bytes;
  } catch (error) {
    if (error instanceof NotSaveableError) return out.refuse(error.message);
    throw error;
  } finally {
    saving.delete(value);
  }
}

function asked(out: Encoder, registration: Registration, value: object): unknown {
  const { kernel } = out.context;
  const { name } = registration.class;
  const before = kernel.effects.next;
  let data: unknown;
  try {
    data = kernel.entered(() => registration.save(value));
  } catch (error) {
    return out.refuse(`save() of ${name} threw ${shown(error)}`);
  }
  if (kernel.effects.next !== before)
    return out.refuse(
      `save() of ${name} asked the task for something, or printed; it may only look at the object`,
    );
  return data;
}

/** Stands for an instance until everything else is there (R3). */
export function loadLater(context: CodecContext): Later {
  return new Later(([registration, data]) => {
    if (!isRegistration(registration))
      throw new SnapshotError("the snapshot is corrupted: something else where a registered class belongs");
    return loaded(context, registration, data);
  }, "instances");
}

function loaded({ kernel }: CodecContext, registration: Registration, data: unknown): object {
  const { name, prototype } = registration.class;
  kernel.classes.meet(registration);
  const value = data instanceof Uint8Array ? kernel.codec.decode(kernel, data) : data;
  let made: unknown;
  try {
    made = kernel.entered(() => registration.load(value));
  } catch (error) {
    throw new SnapshotError(`load() of ${name} threw ${shown(error)}`, { cause: error });
  }
  if (!isObject(made) || Object.getPrototypeOf(made) !== prototype)
    throw new SnapshotError(`load() of ${name} answered something else than a ${name}`);
  return made;
}

function shown(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
