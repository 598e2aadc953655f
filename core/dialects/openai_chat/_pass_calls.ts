import { invalidAnswer } from "../_invalid_answer.ts";
import { argumentsText } from "./_pass_content.ts";
import {
  generateCallId,
  isMutableJson,
  isName,
  type MutableJson,
} from "./_pass_json.ts";

/** More calls in one answer than any model makes. */
const MAX_CALLS = 1024;

/** A tool call that has begun. */
interface PassedCall {
  /** Its number for the client: from 0, without holes (A11). */
  readonly index: number;
  readonly id: string;
  name: string;
  /** Arguments that are more than blank have come. */
  hasArguments: boolean;
}

/** Follows the tool calls of one choice through a stream and mends their fragments. */
export class PassedCalls {
  readonly #calls: PassedCall[] = [];
  /** The call that the provider's own number means at present. */
  readonly #byIndex = new Map<number, PassedCall>();

  /** Whether there are any. */
  get any(): boolean {
    return this.#calls.length > 0;
  }

  /**
   * Mends the fragments of one delta in place: the number (H2, A11, A12), the
   * type, id and name once and at the start (A10, H3, J19), arguments that are
   * text (A13, J21).
   *
   * @returns Whether something was changed.
   */
  mend(fragments: readonly unknown[]): boolean {
    let changed = false;
    for (let place = 0; place < fragments.length; place++) {
      const fragment = fragments[place];
      if (!isMutableJson(fragment)) {
        throw invalidAnswer("has an empty tool call");
      }
      const alternative = fragments.length === 1 ? -1 : place;
      const begun = this.#find(fragment, alternative);
      const mended = begun === undefined
        ? this.#begin(fragment)
        : continueCall(begun, fragment);
      changed ||= mended;
    }
    return changed;
  }

  /** Fragments for the calls to which no arguments came (A13). */
  missingArguments(): MutableJson[] {
    return this.#calls.filter((call) => !call.hasArguments)
      .map(({ index }) => ({ index, function: { arguments: "{}" } }));
  }

  /**
   * The call that a fragment goes on with; `undefined` where it begins one.
   * Where nothing else tells, the call at `place` is meant, or the last one.
   */
  #find(fragment: MutableJson, place: number): PassedCall | undefined {
    const { index, id, function: called } = fragment;
    const name = isMutableJson(called) ? called.name : undefined;
    if (isIndex(index)) {
      const call = this.#byIndex.get(index);
      // Some providers number all calls 0; another id and name tell them apart.
      const isOther = isName(id) && id !== call?.id && isName(name);
      return isOther ? this.#calls.find((call) => call.id === id) : call;
    }
    const known = isName(id) && this.#calls.find((call) => call.id === id);
    if (known) return known;
    if (isName(name)) return undefined;
    return this.#calls[place] ?? this.#calls.at(-1);
  }

  #begin(fragment: MutableJson): boolean {
    if (this.#calls.length === MAX_CALLS) {
      throw invalidAnswer(`has more than ${MAX_CALLS} tool calls`);
    }
    const { index, id, type } = fragment;
    let changed = false;
    const call: PassedCall = {
      index: this.#calls.length,
      id: isName(id) ? id : generateCallId(),
      name: "",
      // The input of a custom tool is free text: nothing need come.
      hasArguments: isName(type) && type !== "function",
    };
    this.#calls.push(call);
    this.#byIndex.set(isIndex(index) ? index : call.index, call);
    if (id !== call.id) {
      fragment.id = call.id;
      changed = true;
    }
    if (!isName(type)) {
      fragment.type = "function";
      changed = true;
    }
    if (fragment.type !== "function") {
      return mendIndex(call, fragment) || changed;
    }
    if (!isMutableJson(fragment.function)) {
      fragment.function = {};
      changed = true;
    }
    const called = fragment.function as MutableJson;
    if (isName(called.name)) call.name = called.name;
    changed = mendArguments(call, called) || changed;
    if (called.arguments === undefined) {
      called.arguments = "";
      changed = true;
    }
    return mendIndex(call, fragment) || changed;
  }
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value);
}

function continueCall(call: PassedCall, fragment: MutableJson): boolean {
  let changed = mendIndex(call, fragment);
  if (fragment.id !== undefined) {
    fragment.id = undefined;
    changed = true;
  }
  const { function: called } = fragment;
  if (!isMutableJson(called)) return changed;
  if (called.name !== undefined) {
    if (call.name === "" && isName(called.name)) call.name = called.name;
    else {
      called.name = undefined;
      changed = true;
    }
  }
  return mendArguments(call, called) || changed;
}

function mendIndex(call: PassedCall, fragment: MutableJson): boolean {
  if (fragment.index === call.index) return false;
  fragment.index = call.index;
  return true;
}

function mendArguments(call: PassedCall, called: MutableJson): boolean {
  const { arguments: told } = called;
  if (told === undefined) return false;
  const text = argumentsText(told);
  call.hasArguments ||= text.trim() !== "";
  if (text === told) return false;
  called.arguments = text;
  return true;
}
