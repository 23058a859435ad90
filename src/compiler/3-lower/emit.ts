/**
 * From the structured form to statements that can be entered anew: every suspension gets a label, and what lies on the way to it
 * gets a guard. `$p` is the label to go to; 0 means running.
 *
 * | form                      | output |
 * | ------------------------- | ------ |
 * | suspend `x = op`          | `if ($p === 0) $v = op; else { $p = 0; $v = $k.resumed(); }` |
 * |                           | `if ($v === $S) return $k.suspend($sites[1], 3, [$e, y]); $p = 0; x = $v;` |
 * | suspend, form begin       | `if ($p === 0) return $rt.begin($sites[1], 1, [$e, y]); $p = 0;` |
 * | suspend, form yield       | `if ($p === 0) { $v = op; return $frame.yield(3, [$e, y], $v); } $p = 0; x = $frame.resumed();` |
 * | poll                      | `if ($p !== 0) { $p = 0; $k.resumed(); } else if ($g[0] !== 0 && $k.poll()) return $k.suspend(…); $p = 0;` |
 * | plain before a label      | `if ($p === 0) { … }` |
 * | item before other labels  | `if ($p <= high) …` |
 * | `if (t) A else B`         | `if ($p === 0 ? t : $p <= highOfA) A else B` |
 * | `while (t) A`             | `while ($p !== 0 \|\| t) A` |
 * | `try A catch (e) H`       | `$c = 0; try A catch ($x) { $c = 1; e = $x; }  if ($p !== 0 \|\| $c === 1) H` |
 * | `try A finally F`         | `try A finally { if ($p !== -1) F }`, and `$p = -1` before a suspension in A returns |
 * | … with suspension in F    | `$f: try { A; $s = 0; } catch ($x) { $s = -1; $w = $x; }  F  if ($s === -1) throw $w; …exits` |
 * | `switch (i) …`            | `switch ($p === 0 ? i : $p <= high0 ? 0 : …) …` |
 *
 * M1. On entry to a list, `$p` is 0 or a label inside the list.
 * M2. Behind the last label of a list `$p` is 0.
 * M3. Behind a suspension or poll `$p` is set to 0 though it is: so the engine knows it for a constant, and what guards the rest of the
 *     way, and of the next turns of a loop, costs nothing.
 */
import type { Label } from "../../protocol/abi.ts";
import { b, type Node } from "../node.ts";
import type { Context, SiteEntry } from "./context.ts";
import {
  endedByThrow,
  endedNormally,
  highest,
  highestOf,
  type Ir,
  leaving,
  type Poll,
  type Suspend,
} from "./ir.ts";

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

  /** `sourceName` answers how the program calls a variable. */
  constructor(cx: Context, entry: SiteEntry, sourceName: (name: string) => string) {
    this.#cx = cx;
    this.#entry = entry;
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
      if (run.length > 0) found.push(b.if(this.#running(), b.block(run)));
      run = [];
      const nodes = this.#item(item);
      if (index === last) found.push(...nodes);
      else found.push(b.if(this.#upTo(highest(item)), b.block(nodes)));
    }
    return found;
  }

  // --- conditions -----------------------------------------------------------------------------------------------

  #p(): Node {
    return this.#cx.id("p");
  }

  #running(): Node {
    return b.binary(this.#p(), "===", b.literal(0));
  }

  #resuming(): Node {
    return b.binary(this.#p(), "!==", b.literal(0));
  }

  #upTo(label: number): Node {
    return b.binary(this.#p(), "<=", b.literal(label));
  }

  // --- items ----------------------------------------------------------------------------------------------------

  #item(item: Ir): Node[] {
    switch (item.kind) {
      case "plain":
        return [item.node];
      case "suspend":
        return this.#suspend(item);
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

  #slots(item: Suspend | Poll): Node {
    const { line, column } = this.#cx.position(item.at);
    const names = [this.#cx.name("e"), ...item.slots];
    this.slots[item.label] = names;
    this.labels[item.label] = { slots: names.map((name) => this.#sourceName(name)), line, column };
    return b.array(names.map((name) => b.id(name)));
  }

  #leave(item: Suspend | Poll): Node {
    const suspend = b.call(
      b.member(this.#cx.id("k"), "suspend"),
      this.#cx.siteRef(this.#entry),
      b.literal(item.label),
      this.#slots(item),
    );
    return this.#returning(b.at(b.return(suspend), item.at));
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
    const frame = this.#cx.id("frame");
    const hand = b.call(b.member(frame, item.form!), b.literal(item.label), this.#slots(item), value);
    const leave = this.#returning(b.at(b.return(hand), item.at));
    const resumed = item.answer ?? b.call(b.member(frame, "resumed"));
    return [
      b.if(this.#running(), b.block([b.at(b.set(value, item.operation), item.at), leave])),
      this.#resume(),
      item.target === null ? b.statement(resumed) : b.set(b.id(item.target), resumed),
    ];
  }

  #suspend(item: Suspend): Node[] {
    if (item.form === "begin") return this.#begin(item);
    if (item.form !== undefined) return this.#yield(item);
    const value = this.#cx.id("v");
    const nodes = [
      b.if(
        this.#running(),
        b.at(b.set(value, b.at(item.operation, item.at)), item.at),
        b.block([this.#resume(), b.set(value, item.answer ?? this.#resumed())]),
      ),
      b.if(b.binary(value, "===", this.#cx.id("S")), this.#leave(item)),
      this.#resume(),
    ];
    if (item.target !== null) nodes.push(b.set(b.id(item.target), value));
    return nodes;
  }

  /** Here `$p` is 0 or this label: a higher one does not come here, a lower one has been resumed. */
  #poll(item: Poll): Node[] {
    const raised = b.binary(b.index(this.#cx.id("g"), b.literal(0)), "!==", b.literal(0));
    const poll = b.call(b.member(this.#cx.id("k"), "poll"));
    return [
      b.if(
        this.#resuming(),
        b.block([this.#resume(), b.statement(this.#resumed())]),
        b.if(b.logical(raised, "&&", poll), this.#leave(item)),
      ),
      this.#resume(),
    ];
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

  #loop(item: Ir & { kind: "loop" }): Node {
    const body = b.block(this.list(item.body));
    if (item.form === "do") {
      return labeled(item.labels, { type: "DoWhileStatement", body, test: item.test ?? b.literal(true) });
    }
    const test =
      item.test === null || item.high === 0 ? item.test : b.logical(this.#resuming(), "||", item.test);
    return labeled(item.labels, { type: "ForStatement", init: null, test, update: item.update, body });
  }

  #forOf(item: Ir & { kind: "forOf" }): Node {
    const iterator = b.id(item.iterator);
    const flag = b.id(item.flag);
    this.locals.add(item.flag);
    const outside = this.#insideFinally;
    this.#insideFinally = true;
    const body = b.block([...this.list(item.body), b.set(flag, b.literal(0))]);
    this.#insideFinally = outside;
    const thrown = this.#cx.id("x");
    const close = (failed: boolean): Node =>
      b.statement(b.call(b.member(iterator, "close"), b.literal(failed)));
    const left = b.logical(
      b.binary(flag, "===", b.literal(1)),
      "&&",
      b.binary(this.#p(), "!==", b.literal(leaving)),
    );
    const guarded: Node = {
      type: "TryStatement",
      block: body,
      handler: {
        type: "CatchClause",
        param: thrown,
        body: b.block([b.set(flag, b.literal(0)), close(true), b.throw(thrown)]),
      },
      finalizer: b.block([b.if(left, close(false))]),
    };
    return labeled(item.labels, {
      type: "ForStatement",
      init: null,
      test: b.logical(this.#resuming(), "||", b.call(b.member(iterator, "step"))),
      update: null,
      body: b.block([b.set(flag, b.literal(1)), guarded]),
    });
  }

  #try(item: Ir & { kind: "try" }): Node[] {
    const block = b.block(this.list(item.block));
    if (item.clause !== null) return [{ type: "TryStatement", block, handler: item.clause, finalizer: null }];
    const caught = b.id(item.caught);
    this.locals.add(item.caught);
    const thrown = this.#cx.id("x");
    const handler: Node = {
      type: "CatchClause",
      param: thrown,
      body: b.block([b.set(caught, b.literal(1)), b.set(b.id(item.thrown), thrown)]),
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
        : b.block([b.if(b.binary(this.#p(), "!==", b.literal(leaving)), item.finalizer)]);
    return { type: "TryStatement", block, handler: null, finalizer };
  }

  #record(item: Ir & { kind: "record" }): Node[] {
    const state = b.id(item.state);
    const value = b.id(item.value);
    const thrown = this.#cx.id("x");
    const guarded = b.labeled(item.label, {
      type: "TryStatement",
      block: b.block([...this.list(item.block), b.set(state, b.literal(endedNormally))]),
      handler: {
        type: "CatchClause",
        param: thrown,
        body: b.block([b.set(state, b.literal(endedByThrow)), b.set(value, thrown)]),
      },
      finalizer: null,
    });
    const inBlock = highestOf(item.block);
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

function labeled(labels: readonly string[], node: Node): Node {
  return labels.reduceRight((body, label) => b.labeled(label, body), node);
}
