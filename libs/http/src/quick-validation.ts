import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';

type Class = new () => object;
type Plain = Record<string, unknown>;

/** What class-validator notes of one decorator; its own type of it is not exported whole. */
interface Rule {
  type: string;
  propertyName: string;
  constraints?: unknown[];
  constraintCls?: unknown;
  groups?: unknown[];
  each?: boolean;
  validateIf?: unknown;
}

/** Says of one value whether it passes; what is no boolean (a promise) is left to class-validator itself. */
type Check = (value: unknown, object: object) => unknown;

interface Field {
  /** All must hold, or the value is not looked at (`@IsOptional`, `@ValidateIf`). */
  conditions: ((object: object, value: unknown) => unknown)[];
  checks: Check[];
  /** Makes the nested instance; null when the field holds none. */
  nested: Maker | null;
}

/** An instance that passed every check, or undefined: then class-validator judges, and finds the words. */
type Maker = (plain: Plain) => object | undefined;

const NOTHING = Object.freeze({});

const makers = new Map<unknown, Maker | null>();

/**
 * A way from a plain body to its checked instance for a class whose decorators are all understood, or null. It asks
 * the same checks of class-validator as the library does, but finds out once for the class and not once for each body
 * which they are, and builds no errors: whatever does not pass is given back undone.
 */
export function quickMaker(type: unknown): Maker | null {
  let maker = makers.get(type);
  if (maker === undefined) {
    maker = compiled(type, new Set());
    makers.set(type, maker);
  }
  return maker;
}

function compiled(type: unknown, above: ReadonlySet<unknown>): Maker | null {
  if (typeof type !== 'function' || type.length > 0 || above.has(type)) return null;
  const cls = type as Class;
  const rules = getMetadataStorage().getTargetValidationMetadatas(cls, '', false, false) as unknown as Rule[];
  // Renamed, hidden or computed properties are class-transformer's own.
  const isPlain =
    storage.getExposedMetadatas(cls).length === 0 &&
    storage.getExcludedMetadatas(cls).length === 0 &&
    storage.getStrategy(cls) === 'none';
  if (rules.length === 0 || !isPlain) return null;
  const fields = new Map<string, Field>();
  for (const name of new Set(rules.map(({ propertyName }) => propertyName))) {
    const field = fieldOf(
      cls,
      name,
      rules.filter(({ propertyName }) => propertyName === name),
      new Set([...above, type]),
    );
    if (!field) return null;
    fields.set(name, field);
  }
  return (plain) => made(cls, fields, plain);
}

function fieldOf(cls: Class, name: string, rules: readonly Rule[], above: ReadonlySet<unknown>): Field | null {
  if (storage.findTransformMetadatas(cls, name, 'plainToClass').length > 0) return null;
  // A type without a nested check converts the value.
  const isNested = rules.some(({ type }) => type === 'nestedValidation');
  if (!isNested && storage.findTypeMetadata(cls, name)) return null;
  const field: Field = { conditions: [], checks: [], nested: null };
  for (const { type, constraints, constraintCls, groups, each, validateIf } of rules) {
    if (each || validateIf || (groups?.length ?? 0) > 0) return null;
    switch (type) {
      case 'conditionalValidation':
        field.conditions.push(constraints?.[0] as Field['conditions'][number]);
        break;
      case 'nestedValidation':
        field.nested = nestedOf(cls, name, above);
        if (!field.nested) return null;
        break;
      case 'customValidation':
        for (const { instance, async } of getMetadataStorage().getTargetValidatorConstraints(constraintCls as Class)) {
          if (async) return null;
          field.checks.push(
            checkOf(instance, { targetName: cls.name, property: name, constraints: constraints ?? [] }),
          );
        }
        break;
      case 'whitelistValidation':
        break;
      default:
        return null;
    }
  }
  return field;
}

/**
 * One check with its arguments filled in place: a copy of them for each check of each body took three quarters of the
 * whole way's time. Nothing of the body stays in them.
 */
function checkOf(
  instance: ValidatorConstraintInterface,
  about: Pick<ValidationArguments, 'targetName' | 'property' | 'constraints'>,
): Check {
  const args: ValidationArguments = { ...about, object: NOTHING, value: undefined };
  return (value, object) => {
    args.value = value;
    args.object = object;
    const passes = instance.validate(value, args);
    args.value = undefined;
    args.object = NOTHING;
    return passes;
  };
}

function nestedOf(cls: Class, name: string, above: ReadonlySet<unknown>): Maker | null {
  const type = storage.findTypeMetadata(cls, name);
  if (!type || type.options?.discriminator || type.reflectedType === Array) return null;
  return compiled(type.typeFunction(), above);
}

function made(cls: Class, fields: ReadonlyMap<string, Field>, plain: Plain): object | undefined {
  const instance = new cls() as Plain;
  for (const key of Object.keys(plain)) {
    const field = fields.get(key);
    if (!field) return undefined;
    const value = plain[key];
    if (typeof value !== 'object' || value === null) instance[key] = value;
    else {
      // Lists and free-form objects are copied and checked by the libraries.
      if (!field.nested || Array.isArray(value)) return undefined;
      const nested = field.nested(value as Plain);
      if (!nested) return undefined;
      instance[key] = nested;
    }
  }
  for (const [name, { conditions, checks, nested }] of fields) {
    const value = instance[name];
    if (!conditions.every((holds) => holds(instance, value))) continue;
    for (const check of checks) if (check(value, instance) !== true) return undefined;
    if (nested && value !== undefined && (typeof value !== 'object' || value === null)) return undefined;
  }
  return instance;
}
