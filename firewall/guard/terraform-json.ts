/**
 * Reads values from synthesized Terraform JSON, as far as they are known without Terraform.
 *
 * Expressions are searched, not evaluated: every literal and every reference that can be followed counts
 * as a possible value. So a dangerous value is found in either branch of a condition and inside any
 * function; the search errs towards finding too much.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

export interface StackJson {
  readonly name: string;
  /** The synthesized stack: `resource`, `variable`, `locals`, `output` … */
  readonly json: JsonObject;
}

export interface Resource {
  readonly stack: StackJson;
  readonly type: string;
  /** `aws_security_group.web` */
  readonly address: string;
  readonly body: JsonObject;
  /** Path of the construct that made it, if the JSON has it. */
  readonly path: string | undefined;
}

/** The stack and the iterations around an expression. */
export interface Scope {
  readonly stack: StackJson;
  /** The iterated values, by the name of the iterator: `each` or the label of a dynamic block. */
  readonly iterators: JsonObject;
}

export interface Reference {
  readonly stack: StackJson;
  readonly address: string;
  readonly attribute: string;
}

/** The possible values of an expression. */
export interface Values {
  readonly literals: readonly string[];
  /** Attributes that only Terraform knows. */
  readonly references: readonly Reference[];
  /** Expressions without a known value. */
  readonly unknown: readonly string[];
}

const NOTHING: Values = { literals: [], references: [], unknown: [] };

/** A longer chain of references counts as a circle. */
const DEPTH = 16;

/** Functions that return some of their arguments, or parts of them. */
const PASS_ON = new Set(
  "coalesce coalescelist compact concat cidrsubnet cidrsubnets distinct element flatten keys lookup merge nonsensitive one reverse sensitive setintersection setsubtract setunion slice sort tolist tomap toset tostring try values".split(
    " ",
  ),
);

export class TerraformJson {
  constructor(readonly stacks: readonly StackJson[]) {}

  /** All resources of a type in every stack, except those with `count = 0`. */
  *resources(type: string): Iterable<Resource> {
    for (const stack of this.stacks) {
      for (const [name, body] of Object.entries(objectAt(stack.json, "resource", type))) {
        if (!isObject(body) || body.count === 0) continue;
        const path = objectAt(body, "//", "metadata").path;
        yield { stack, type, address: `${type}.${name}`, body, path: typeof path === "string" ? path : undefined };
      }
    }
  }

  scopeOf({ stack, body }: Resource): Scope {
    return { stack, iterators: body.for_each === undefined ? {} : { each: body.for_each } };
  }

  /** The blocks of a resource with that name, written as a list, as one block, or as a dynamic block. */
  *blocks(resource: Resource, name: string): Iterable<{ readonly block: JsonObject | string; readonly scope: Scope }> {
    const scope = this.scopeOf(resource);
    for (const block of listOf(resource.body[name])) {
      if (isObject(block) || typeof block === "string") yield { block, scope };
    }
    for (const dynamic of listOf(objectAt(resource.body, "dynamic")[name])) {
      if (!isObject(dynamic)) continue;
      const iterator = typeof dynamic.iterator === "string" ? dynamic.iterator : name;
      for (const content of listOf(dynamic.content)) {
        const iterators = { ...scope.iterators, [iterator]: dynamic.for_each };
        if (isObject(content)) yield { block: content, scope: { ...scope, iterators } };
      }
    }
  }

  values(value: unknown, scope: Scope, depth = 0): Values {
    if (value === undefined || value === null) return NOTHING;
    if (depth > DEPTH) return { ...NOTHING, unknown: [String(value)] };
    if (Array.isArray(value)) return together(value.map((item) => this.values(item, scope, depth + 1)));
    if (isObject(value)) {
      return together(
        Object.entries(value).flatMap(([key, item]) => [literal(key), this.values(item, scope, depth + 1)]),
      );
    }
    const text = String(value);
    if (!text.includes("${")) return literal(text);
    const [, whole] = /^\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}$/.exec(text) ?? [];
    return whole === undefined ? this.#template(text, scope, depth) : this.#expression(whole, scope, depth);
  }

  /** Text with expressions in it: `${aws_eip.nat.public_ip}/32`. */
  #template(text: string, scope: Scope, depth: number): Values {
    const [, before, inner, after] = /^([^$]*)\$\{([^}]*)\}([^$]*)$/.exec(text) ?? [];
    if (inner === undefined) return together([this.#expression(text, scope, depth), { ...NOTHING, unknown: [text] }]);
    const { literals, references, unknown } = this.#expression(inner, scope, depth);
    const filled = literals.map((part) => `${before}${part}${after}`);
    if (references.length === 0 && unknown.length === 0) return { ...NOTHING, literals: filled };
    // The mask limits the size whatever the address; more than 3 bits cannot be the whole Internet.
    const [, mask] = /^\/(\d+)$/.exec(after ?? "") ?? [];
    if (mask === undefined) return { literals: filled, references: [], unknown: [text] };
    return { ...NOTHING, literals: Number(mask) > 3 ? filled : [...filled, `0.0.0.0/${mask}`, `::/${mask}`] };
  }

  #expression(expression: string, scope: Scope, depth: number): Values {
    const found: Values[] = [];
    const code = expression.replace(/\\?"((?:[^"\\]|\\[^"])*)\\?"/g, (whole, inner: string) => {
      found.push(inner.includes("${") ? this.values(inner, scope, depth + 1) : literal(inner));
      // The text between brackets is a key of the reference.
      return whole.startsWith("\\") ? " " : `"${inner.replaceAll(/[^\w-]/g, "")}"`;
    });
    const references = code.match(/\b[A-Za-z_][\w-]*(?:\.[\w*-]+|\["[\w-]*"\]|\[\d+\])+/g) ?? [];
    for (const reference of references) found.push(this.#follow(reference, scope, depth + 1));
    // Functions are not evaluated; most only pass their arguments on.
    const calls = [...code.matchAll(/\b([a-z]\w*)\(/g)].map(([, name = ""]) => name);
    if (!calls.every((name) => PASS_ON.has(name))) found.push({ ...NOTHING, unknown: [expression] });
    return found.length === 0 ? { ...NOTHING, unknown: [expression] } : together(found);
  }

  #follow(reference: string, scope: Scope, depth: number): Values {
    const steps = reference.split(/[.[\]"]+/).filter((step) => step !== "" && step !== "*" && !/^\d+$/.test(step));
    const [root = "", name = "", attribute = ""] = steps;
    const { stack } = scope;
    const unknown: Values = { ...NOTHING, unknown: [reference] };
    if (root in scope.iterators) return this.values(scope.iterators[root], scope, depth);
    if (root === "var") {
      const value = objectAt(stack.json, "variable", name).default;
      return value === undefined ? unknown : this.values(value, scope, depth);
    }
    if (root === "local") return this.values(objectAt(stack.json, "locals")[name], scope, depth);
    if (root === "data" && name === "terraform_remote_state") return this.#output(steps.at(-1) ?? "", depth) ?? unknown;
    if (root === "data")
      return { ...NOTHING, references: [{ stack, address: steps.slice(0, 3).join("."), attribute: steps[3] ?? "" }] };
    if (root === "module" || root === "path" || root === "self" || root === "count") return unknown;
    const value = objectAt(stack.json, "resource", root, name)[attribute];
    if (value !== undefined) return this.values(value, scope, depth);
    return { ...NOTHING, references: [{ stack, address: `${root}.${name}`, attribute }] };
  }

  /** The output of another stack of the app. */
  #output(key: string, depth: number): Values | undefined {
    for (const stack of this.stacks) {
      const { value } = objectAt(stack.json, "output", key);
      if (value !== undefined) return this.values(value, { stack, iterators: {} }, depth);
    }
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at the end of a path, or an empty one. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  let found: unknown = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return isObject(found) ? found : {};
}

/** Terraform JSON writes one block as an object, several as a list; an override by index makes `{"0": …}` of a list. */
function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => /^\d+$/.test(key)))
    return Object.values(value);
  return [value];
}

function literal(text: string): Values {
  return { ...NOTHING, literals: [text] };
}

function together(all: readonly Values[]): Values {
  return {
    literals: all.flatMap(({ literals }) => literals),
    references: all.flatMap(({ references }) => references),
    unknown: all.flatMap(({ unknown }) => unknown),
  };
}
