/** Modules that the transform of TypeScript imports where it has written out what Node does not know: decorators of before the standard. By their names. */
export const helperModules: ReadonlyMap<string, string> = new Map(
  Object.entries({
    decorate: `export default function decorate(decorators, target, key, described) {
      const isMember = arguments.length > 2;
      let value = !isMember ? target : described === null ? Object.getOwnPropertyDescriptor(target, key) : described;
      for (let index = decorators.length - 1; index >= 0; index--) {
        const decorator = decorators[index];
        if (!decorator) continue;
        const result = !isMember ? decorator(value) : arguments.length > 3 ? decorator(target, key, value) : decorator(target, key);
        value = result || value;
      }
      if (arguments.length > 3 && value) Object.defineProperty(target, key, value);
      return value;
    }`,
    decorateParam: `export default function decorateParam(index, decorator) {
      return (target, key) => decorator(target, key, index);
    }`,
    decorateMetadata: `export default function decorateMetadata(key, value) {
      if (typeof Reflect === "object" && typeof Reflect.metadata === "function") return Reflect.metadata(key, value);
    }`,
  }).map(([name, text]) => [`@oxc-project/runtime/helpers/${name}`, text]),
);
