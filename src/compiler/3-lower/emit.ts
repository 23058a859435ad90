/**
 * From the structured form to statements that can be entered anew: every suspension gets a label, and what lies on the way to it
 * gets a guard. `$p` is the label to go to; 0 means running.
 *
 * | form                      | output |
 * | ------------------------- | ------ |
 * | suspend `x = op`          | `if ((x = $p < 1 ? op : $k.resumed()) === $S) return $k.suspend($L[1], 3, [$e, y]); $p = 0;` |
 * | … if a handler reads `x`  | `if (($v = …) === $S) return …; $p = 0; x = $v;` |
 * | suspend, form begin       | `if ($p < 1) return $rt.begin($L[1], 1, [$e, y]); $p = 0;` |
 * | suspend, form yield       | `if ($p < 1) { $v = op; return $f.yield(3, [$e, y], $v); } $p = 0; x = $f.resumed();` |
 * | poll                      | `if ($p < 1 && $g[0] && $k.poll()) return $k.suspend(…); $p = 0;` |
 * | poll before other labels  | `if ($p === 1 ? $p = 0 : $p < 1 && $g[0] && $k.poll()) return $k.suspend(…);` |
 * | plain before a label      | `if ($p < 1) { … }`; expressions that only lead to a suspension are put in front of its `op` |
 * | item before other labels  | `if ($p <= high) …` |
 * | `if (t) A else B`         | `if ($p < 1 ? t : $p <= highOfA) A else B` |
 * | `while (t) A`             | `while ($p > 0 \|\| t) A` |
 * | … polled, else unsuspended| `do { if ($p < 0 && $k.poll()) return $k.suspend(…); for ($p = 0; $p >= 0 && t; $p = 0 - $g[0]) A } while ($p < 0);` |
 * | `do A while (t)`, likewise| `do { if …; $p = 0; do A while (t && ($p = 0 - $g[0]) >= 0); } while ($p < 0);` |
 * | `try A catch (e) H`       | `$c = 0; try A catch ($x) { $p = 0; $c = 1; e = $x; }  if ($p > 0 \|\| $c === 1) H` |
 * | `try A finally F`         | `try A finally { if ($p >= 0) F }`, and `$p = -1` before a suspension in A returns |
 * | … with suspension in F    | `$f: try { A; $s = 0; } catch ($x) { $s = -1; $w = $x; }  F  if ($s === -1) throw $w; …exits` |
 * | `switch (i) …`            | `switch ($p < 1 ? i : $p <= high0 ? 0 : …) …` |
 * | `forOf` that nothing leaves | `for (; $p > 0 \|\| i.step();) try { … } catch ($x) { i.close(true); throw $x; }` |
 * | `forOf`                   | the same with `$c = 1; try { …; $c = 0; } catch … finally { if ($c && $p >= 0) i.close(false); }` |
 *
 * M1. On entry to a list, `$p` is 0 or a label inside the list.
 * M2. Behind the last label of a list `$p` is 0.
 * M3. Where an exception is caught `$p` is set to 0: what was awaited may have thrown.
 * M4. Behind a suspension or poll `$p` is set to 0 even where it is: so the engine knows it for a constant, and what guards the rest of the
 *     way, and of the next turns of a loop, costs nothing.
 * M5. What a poll resumes with is nothing, and nobody asks for it. Between two polls of a loop there is a turn of it, so that a task gets on
 *     even if each of them freezes it.
 */
import { atHead, type Label } from "../../protocol/abi.ts";
import { b, type Node } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";
import {
  endedByThrow,
  endedNormally,
  highest,
  highestOf,
  type Ir,
  leaving,
  mayJump,
  type Poll,
  type Suspend,
} from "./ir.ts";

/** What may leave a loop before its end, or a turn of it. */
const leavingTypes = new Set(["BreakStatement", "ContinueStatement", "ReturnStatement"]);

export class Emitter {
  readonly #cx: Context;
  readonly #entry: SiteEntry;
  readonly labels: (Label | null)[] = [null];
  /** Variables to restore, label by label; those of the environment first. */
  readonly slots: (readonly string[])[] = [[]];
  /** Names to declare that live between two suspensions only. */
  readonly locals = new Set<string>();
  readonly #sourceName: (name: string) => string;
  #insideFinally = false;
  /** Loops around what is being put out. */
  #loops = 0;
  /** The highest label of the function. */
  readonly #last: number;

  /** `sourceName` answers how the program calls a variable. */
  constructor(cx: Context, entry: SiteEntry, last: number, sourceName: (name: string) => string) {
    this.#cx = cx;
    this.#entry = entry;
    this.#last = last;
    this.#sourceName = sourceName;
  }

  list(list: readonly Ir[]): Node[] {
    const last = list.findLastIndex((item) => highest(item) > 0);
    const found: Node[] = [];
    let run: Node[] = [];
    for (const [index, item] of list.entries()) {
      if (highest(item) === 0) {
        (index < last ? run : found).push(...this.#item(item));
        continue;
      }
      const leading = item.kind === "suspend" && item.form === undefined ? expressionsOf(run) : null;
      if (leading === null && run.length > 0) found.push(b.if(this.#running(), b.block(run)));
      run = [];
      if (index === last) found.push(...this.#item(item, leading ?? []));
      else if (item.kind === "poll") found.push(this.#pollAmongOthers(item));
      else found.push(b.if(this.#upTo(highest(item)), b.block(this.#item(item, leading ?? []))));
    }
    return found;
  }

  // --- conditions -----------------------------------------------------------------------------------------------

  #p(): Node {
    return this.#cx.id("p");
  }

  #running(): Node {
    return b.binary(this.#p(), "<", b.literal(1));
  }

  /** Not left by a suspension. */
  #staying(): Node {
    return b.binary(this.#p(), ">=", b.literal(0));
  }

  #resuming(): Node {
    return b.binary(this.#p(), ">", b.literal(0));
  }

  #upTo(label: number): Node {
    return b.binary(this.#p(), "<=", b.literal(label));
  }

  // --- items ----------------------------------------------------------------------------------------------------

  /** `leading`: expressions to evaluate in front of the operation of a suspension. */
  #item(item: Ir, leading: readonly Node[] = []): Node[] {
    switch (item.kind) {
      case "plain":
        return [item.node];
      case "suspend":
        return this.#suspend(item, leading);
      case "poll":
        return this.#poll(item);
      case "if":
        return [this.#if(item)];
      case "loop":
        return [this.#loop(item)];
      case "forOf":
        return [this.#forOf(item)];
      case "block":
        return item.labels.length === 0
          ? this.list(item.body)
          : [labeled(item.labels, b.block(this.list(item.body)))];
      case "try":
        return this.#try(item);
      case "finally":
        return [this.#finally(item)];
      case "record":
        return this.#record(item);
      case "switch":
        return [this.#switch(item)];
    }
  }

  #resume(): Node {
    return b.set(this.#p(), b.literal(0));
  }

  #resumed(): Node {
    return b.call(b.member(this.#cx.id("k"), "resumed"));
  }

  /** `first`: name of the first slot, if it has one of its own. */
  #slots(item: Suspend | Poll, first?: string): Node {
    const { line, column } = this.#cx.position(item.at);
    const names = [this.#cx.name("e"), ...item.slots];
    this.slots[item.label] = names;
    const quiet = item.kind === "suspend" ? this.#cx.quiet.get(item.at) : undefined;
    const slots = names.map((name) => this.#sourceName(name));
    if (first !== undefined) slots[0] = first;
    this.labels[item.label] = { slots, line, column, ...(quiet === undefined ? {} : { quiet }) };
    return b.array(names.map((name) => b.id(name)));
  }

  #leave(item: Suspend | Poll): Node {
    return this.#returning(this.#leaveFor(item));
  }

  #leaveFor(item: Suspend | Poll, first?: string): Node {
    const suspend = b.call(
      b.member(this.#cx.id("k"), "suspend"),
      this.#cx.siteRef(this.#entry),
      b.literal(item.label),
      this.#slots(item, first),
    );
    return b.at(b.return(suspend), item.at);
  }

  #returning(leave: Node): Node {
    return this.#insideFinally ? b.block([b.set(this.#p(), b.literal(leaving)), leave]) : leave;
  }

  #begin(item: Suspend): Node[] {
    const site = this.#cx.siteRef(this.#entry);
    const begin = b.call(this.#cx.rt("begin"), site, b.literal(item.label), this.#slots(item));
    return [b.if(this.#running(), b.return(begin)), this.#resume()];
  }

  #yield(item: Suspend): Node[] {
    const value = this.#cx.id("v");
    this.locals.add(this.#cx.name("v"));
    const frame = this.#cx.id("f");
    const hand = b.call(b.member(frame, item.form!), b.literal(item.label), this.#slots(item), value);
    const leave = this.#returning(b.at(b.return(hand), item.at));
    const resumed = item.answer ?? b.call(b.member(frame, "resumed"));
    return [
      b.if(this.#running(), b.block([b.at(b.set(value, item.operation), item.at), leave])),
      this.#resume(),
      item.target === null ? b.statement(resumed) : b.set(b.id(item.target), resumed),
    ];
  }

  #suspend(item: Suspend, leading: readonly Node[]): Node[] {
    if (item.form === "begin") return this.#begin(item);
    if (item.form !== undefined) return this.#yield(item);
    // The variable gets the value at once, unless its old one has to be kept.
    const direct = item.target !== null && !item.slots.includes(item.target);
    const operation = b.sequence(...leading, b.at(item.operation, item.at));
    const value = b.conditional(this.#running(), operation, item.answer ?? this.#resumed());
    const { target } = item;
    let into: Node = value;
    if (direct) into = b.at(b.assign(b.id(target!), value), item.at);
    else if (target !== null) {
      this.locals.add(this.#cx.name("v"));
      into = b.at(b.assign(this.#cx.id("v"), value), item.at);
    }
    const nodes = [b.if(b.binary(into, "===", this.#cx.id("S")), this.#leave(item))];
    if (this.#loops > 0 || item.label < this.#last) nodes.push(this.#resume());
    if (target !== null && !direct) nodes.push(b.set(b.id(target), this.#cx.id("v")));
    return nodes;
  }

  /** Here `$p` is 0 or this label: a higher one does not come here, a lower one has been resumed. */
  #poll(item: Poll): Node[] {
    return [b.if(this.#pollsRunning(), this.#leave(item)), this.#resume()];
  }

  #pollAmongOthers(item: Poll): Node {
    const own = b.binary(this.#p(), "===", b.literal(item.label));
    const resumed = b.assign(this.#p(), b.literal(0));
    return b.if(b.conditional(own, resumed, this.#pollsRunning()), this.#leave(item));
  }

  #pollsRunning(): Node {
    return b.logical(b.logical(this.#running(), "&&", this.#raised()), "&&", this.#polled());
  }

  #raised(): Node {
    return b.index(this.#cx.id("g"), b.literal(0));
  }

  #polled(): Node {
    return b.call(b.member(this.#cx.id("k"), "poll"));
  }

  #if(item: Ir & { kind: "if" }): Node {
    const then = highestOf(item.then);
    const otherwise = highestOf(item.otherwise);
    const test =
      then > 0 && otherwise > 0
        ? b.conditional(this.#running(), item.test, this.#upTo(then))
        : then > 0
          ? b.logical(this.#resuming(), "||", item.test)
          : otherwise > 0
            ? b.logical(this.#running(), "&&", item.test)
            : item.test;
    const alternate = item.otherwise.length === 0 ? null : b.block(this.list(item.otherwise));
    return b.if(test, b.block(this.list(item.then)), alternate);
  }

  #turn(body: readonly Ir[]): Node[] {
    this.#loops += 1;
    const nodes = this.list(body);
    this.#loops -= 1;
    return nodes;
  }

  /** A loop that `$p < 0` ends, around which it is polled (polls.ts, P2). */
  #aroundPoll(poll: Poll, ...loop: Node[]): Node {
    const left = b.binary(this.#p(), "<", b.literal(0));
    const leave = b.if(b.logical(left, "&&", this.#polled()), this.#leaveFor(poll, atHead));
    return { type: "DoWhileStatement", body: b.block([leave, ...loop]), test: left };
  }

  /** `$p = 0 - $g[0]`: below 0 if the signal is raised, so that no `finally` takes the way out for an end. */
  #look(): Node {
    return b.assign(this.#p(), b.binary(b.literal(0), "-", this.#raised()));
  }

  #polledLoop(item: Ir & { kind: "loop" }, poll: Poll): Node {
    const body = b.block(this.list(item.body));
    const { test, update } = item;
    if (item.form === "do") {
      const goesOn = b.binary(this.#look(), ">=", b.literal(0));
      const again = test === null ? goesOn : b.logical(test, "&&", goesOn);
      const loop = labeled(item.labels, { type: "DoWhileStatement", body, test: again });
      return this.#aroundPoll(poll, this.#resume(), loop);
    }
    return this.#aroundPoll(poll, labeled(item.labels, this.#polledFor(test, update, body)));
  }

  #polledFor(test: Node | null, update: Node | null, body: Node): Node {
    return {
      type: "ForStatement",
      init: b.assign(this.#p(), b.literal(0)),
      test: test === null ? this.#staying() : b.logical(this.#staying(), "&&", test),
      update: update === null ? this.#look() : b.sequence(update, this.#look()),
      body,
    };
  }

  #loop(item: Ir & { kind: "loop" }): Node {
    if (item.poll !== undefined) return this.#polledLoop(item, item.poll);
    const body = b.block(this.#turn(item.body));
    if (item.form === "do") {
      return labeled(item.labels, { type: "DoWhileStatement", body, test: item.test ?? b.literal(true) });
    }
    const test =
      item.test === null || item.high === 0 ? item.test : b.logical(this.#resuming(), "||", item.test);
    return labeled(item.labels, { type: "ForStatement", init: null, test, update: item.update, body });
  }

  #forOf(item: Ir & { kind: "forOf" }): Node {
    const body = item.body.some((each) => mayJump(each, leavingTypes))
      ? this.#turnThatMayLeave(item)
      : [this.#closing(item, b.block(this.#turn(item.body)), [])];
    const step = b.call(b.member(b.id(item.iterator), "step"));
    if (item.poll !== undefined) {
      return this.#aroundPoll(item.poll, labeled(item.labels, this.#polledFor(step, null, b.block(body))));
    }
    return labeled(item.labels, {
      type: "ForStatement",
      init: null,
      test: b.logical(this.#resuming(), "||", step),
      update: null,
      body: b.block(body),
    });
  }

  #turnThatMayLeave(item: Ir & { kind: "forOf" }): Node[] {
    const flag = b.id(item.flag);
    this.locals.add(item.flag);
    const outside = this.#insideFinally;
    this.#insideFinally = true;
    const body = b.block([...this.#turn(item.body), b.set(flag, b.literal(0))]);
    this.#insideFinally = outside;
    const ended = b.binary(flag, "===", b.literal(1));
    const left = highestOf(item.body) === 0 ? ended : b.logical(ended, "&&", this.#staying());
    const guarded = this.#closing(item, body, [b.set(flag, b.literal(0))]);
    const finalizer = b.block([b.if(left, closeOf(item, false))]);
    return [b.set(flag, b.literal(1)), { ...guarded, finalizer }];
  }

  /** `try { … } catch ($x) { i.close(true); throw $x; }` */
  #closing(item: Ir & { kind: "forOf" }, block: Node, first: Node[]): Node {
    const thrown = this.#cx.id("x");
    const body = b.block([...first, closeOf(item, true), b.throw(thrown)]);
    const handler: Node = { type: "CatchClause", param: thrown, body };
    return { type: "TryStatement", block, handler, finalizer: null };
  }

  #try(item: Ir & { kind: "try" }): Node[] {
    const block = b.block(this.list(item.block));
    const caughtAt = highestOf(item.block) === 0 ? [] : [this.#resume()];
    if (item.clause !== null) {
      const body = b.block([...caughtAt, ...item.clause["body"].body]);
      return [{ type: "TryStatement", block, handler: { ...item.clause, body }, finalizer: null }];
    }
    const caught = b.id(item.caught);
    this.locals.add(item.caught);
    const thrown = this.#cx.id("x");
    const handler: Node = {
      type: "CatchClause",
      param: thrown,
      body: b.block([...caughtAt, b.set(caught, b.literal(1)), b.set(b.id(item.thrown), thrown)]),
    };
    const guarded: Node[] = [
      b.set(caught, b.literal(0)),
      { type: "TryStatement", block, handler, finalizer: null },
    ];
    const inBlock = highestOf(item.block);
    const inHandler = highestOf(item.handler);
    const test = b.binary(caught, "===", b.literal(1));
    return [
      ...(inHandler === 0
        ? guarded
        : [b.if(inBlock === 0 ? this.#running() : this.#upTo(inBlock), b.block(guarded))]),
      b.if(
        inHandler === 0 ? test : b.logical(this.#resuming(), "||", test),
        b.block(this.list(item.handler)),
      ),
    ];
  }

  #finally(item: Ir & { kind: "finally" }): Node {
    const outside = this.#insideFinally;
    this.#insideFinally = true;
    const block = b.block(this.list(item.block));
    this.#insideFinally = outside;
    const finalizer =
      item.high === 0
        ? item.finalizer
        : b.block([b.if(this.#staying(), b.block([this.#resume(), ...item.finalizer["body"]]))]);
    return { type: "TryStatement", block, handler: null, finalizer };
  }

  #record(item: Ir & { kind: "record" }): Node[] {
    const state = b.id(item.state);
    const value = b.id(item.value);
    const thrown = this.#cx.id("x");
    const inBlock = highestOf(item.block);
    const guarded = b.labeled(item.label, {
      type: "TryStatement",
      block: b.block([...this.list(item.block), b.set(state, b.literal(endedNormally))]),
      handler: {
        type: "CatchClause",
        param: thrown,
        body: b.block([
          ...(inBlock === 0 ? [] : [this.#resume()]),
          b.set(state, b.literal(endedByThrow)),
          b.set(value, thrown),
        ]),
      },
      finalizer: null,
    });
    const first =
      highestOf(item.finalizer) === 0
        ? guarded
        : b.if(inBlock === 0 ? this.#running() : this.#upTo(inBlock), b.block([guarded]));
    const exits = item.exits.map((nodes, index) =>
      b.if(b.binary(state, "===", b.literal(index + 1)), b.block(nodes)),
    );
    return [
      first,
      ...this.list(item.finalizer),
      b.if(b.binary(state, "===", b.literal(endedByThrow)), b.throw(value)),
      ...exits,
    ];
  }

  #switch(item: Ir & { kind: "switch" }): Node {
    let index: Node | null = null;
    for (let at = item.cases.length - 1; at >= 0; at -= 1) {
      const high = highestOf(item.cases[at]!);
      if (high === 0) continue;
      index = index === null ? b.literal(at) : b.conditional(this.#upTo(high), b.literal(at), index);
    }
    return labeled(item.labels, {
      type: "SwitchStatement",
      discriminant: index === null ? item.value : b.conditional(this.#running(), item.value, index),
      cases: item.cases.map((body, at) => ({
        type: "SwitchCase",
        test: b.literal(at),
        consequent: this.list(body),
      })),
    });
  }
}

function closeOf(item: Ir & { kind: "forOf" }, failed: boolean): Node {
  return b.statement(b.call(b.member(b.id(item.iterator), "close"), b.literal(failed)));
}

/** The expressions of statements that are nothing else; null if there are others. */
function expressionsOf(statements: readonly Node[]): Node[] | null {
  return statements.every((each) => each.type === "ExpressionStatement")
    ? statements.map((each): Node => each["expression"])
    : null;
}

function labeled(labels: readonly string[], node: Node): Node {
  return labels.reduceRight((body, label) => b.labeled(label, body), node);
}
