// AbortController and AbortSignal, kept across awaits.
type Log = (...values: unknown[]) => void;

async function plain(log: Log): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const lines: string[] = [];
  signal.addEventListener("abort", (event) => lines.push(`${event.type} ${event.target === signal} ${signal.aborted}`));
  signal.onabort = () => lines.push("handler");
  await null;
  log(signal.aborted, signal.reason, controller.signal === signal, signal instanceof AbortSignal);
  controller.abort("enough");
  controller.abort("again");
  await null;
  log(signal.aborted, signal.reason, lines);
  try {
    signal.throwIfAborted();
  } catch (error) {
    log("thrown", error);
  }
}

async function reasons(log: Log): Promise<void> {
  const controller = new AbortController();
  controller.abort();
  const aborted = AbortSignal.abort();
  const error = new Error("mine");
  await null;
  log(controller.signal.reason.name, controller.signal.reason instanceof DOMException, aborted.reason.message);
  log(AbortSignal.abort(error).reason === error, AbortSignal.abort(error).aborted);
  for (const make of [() => new (AbortSignal as unknown as new () => AbortSignal)(), () => AbortSignal.timeout(-1)]) {
    try {
      make();
    } catch (failure) {
      log((failure as Error).name);
    }
  }
}

async function any(log: Log): Promise<void> {
  const [a, b] = [new AbortController(), new AbortController()];
  const either = AbortSignal.any([a.signal, b.signal]);
  const nested = AbortSignal.any([either, new AbortController().signal]);
  const lines: string[] = [];
  nested.addEventListener("abort", () => lines.push(`nested ${nested.reason}`));
  a.signal.addEventListener("abort", () => lines.push("a"));
  await null;
  log(either.aborted, nested.aborted);
  a.abort("by a");
  b.abort("by b");
  await null;
  log(either.aborted, either.reason, nested.reason, lines);
  log(AbortSignal.any([AbortSignal.abort(1), b.signal]).reason, AbortSignal.any([]).aborted);
}

async function races(log: Log): Promise<void> {
  const controller = new AbortController();
  const stopped = new Promise<string>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(`stopped: ${controller.signal.reason}`), { once: true });
  });
  const work = async (): Promise<string> => {
    for (let i = 0; i < 5; i++) {
      await null;
      controller.signal.throwIfAborted();
      if (i === 2) controller.abort("third round");
    }
    return "never";
  };
  log(await Promise.allSettled([stopped, work()]));
}

async function times(log: Log): Promise<void> {
  const signal = AbortSignal.timeout(5);
  const first = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve("timer"), 5_000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve("signal");
    });
  });
  log(first, signal.aborted, signal.reason.name);
}

export default async function main(log: Log): Promise<void> {
  await plain(log);
  await reasons(log);
  await any(log);
  await races(log);
  await times(log);
}
