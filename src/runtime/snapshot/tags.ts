/** Numbers of the format: see docs/internals/snapshot.md. They are never used for something else again. */
export const formatVersion = 1;
export const magic = [0x43, 0x4e, 0x54, 0x4e] as const;
export const modeValue = 0;
export const modeCheckpoint = 1;
export type Mode = typeof modeValue | typeof modeCheckpoint;

/** Low three bits of a value. */
export const types = {
  special: 0,
  positive: 1,
  negative: 2,
  string: 3,
  object: 4,
  symbol: 5,
  bigint: 6,
} as const;
export const specials = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  uninitialized: 4,
  hole: 5,
  again: 6,
  double: 7,
} as const;

export const symbolKinds = { own: 0, wellKnown: 1, registered: 2 } as const;
export const extrasFlag = 0x80;
export const extras = { prototype: 1, fixed: 2, hidden: 4 } as const;
export const attributes = { writable: 1, enumerable: 2, configurable: 4, accessor: 8 } as const;

/** Kinds of objects. */
export const kinds = {
  plain: 1,
  nullPlain: 2,
  environment: 3,
  array: 4,
  sparse: 5,
  map: 6,
  set: 7,
  date: 8,
  regexp: 9,
  buffer: 10,
  view: 11,
  error: 12,
  boxed: 13,
  url: 14,
  searchParams: 15,
  closure: 16,
  bound: 17,
  member: 18,
  prototype: 19,
  named: 20,
  constant: 21,
  moduleValue: 22,
  record: 23,
  namespace: 24,
  frame: 25,
  promise: 26,
  instance: 27,
  saveable: 29,
  arguments: 30,
  domException: 31,
  frameReaction: 40,
  thenReaction: 41,
  adoptReaction: 42,
  reactionJob: 43,
  thenableJob: 44,
  callJob: 45,
  timer: 46,
  listIterator: 47,
  textIterator: 48,
  collectionIterator: 49,
  protocolIterator: 50,
  generator: 60,
  asyncGenerator: 61,
  queuedRequest: 62,
  returnReaction: 63,
  delegate: 64,
  iterator: 65,
  asyncFromSync: 66,
  generatorPrototype: 67,
  disposals: 68,
} as const;

/** In what order the decoder makes what cannot stand alone. */
export const stages = { views: 0, links: 1, closures: 2, members: 3, instances: 4, bound: 5 } as const;
export const stageCount = 6;

export const wellKnownSymbols = Object.getOwnPropertyNames(Symbol).filter(
  (name) => typeof (Symbol as unknown as Record<string, unknown>)[name] === "symbol",
);

/** Read where an array has no element. */
export const hole = Symbol("hole");
/** Read where a constant of a module is to be made again. */
export const again = Symbol("again");

/** Bytes that a buffer may have or grow to (docs/internals/snapshot.md): the engine reserves them at once. */
export const bufferBytesMax = 2 ** 29;
