import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type Fault, Malformed } from './errors.js';
import { quickMaker } from './quick-validation.js';

/** Vietnamese words per class-validator check; `$1` is what the check allows, taken from its English message. */
const VIETNAMESE: Record<string, string> = {
  isDefined: 'không được để trống',
  isNotEmpty: 'không được để trống',
  isString: 'phải là chữ',
  isInt: 'phải là số nguyên',
  isNumber: 'phải là số',
  isBoolean: 'phải là đúng hoặc sai',
  isBooleanString: 'phải là true hoặc false',
  isNumberString: 'phải là số',
  isArray: 'phải là danh sách',
  isObject: 'phải là một đối tượng',
  isUuid: 'phải là mã UUID',
  isEnum: 'phải là một trong: $1',
  isIn: 'phải là một trong: $1',
  isISO8601: 'phải là ngày giờ theo ISO 8601',
  isRFC3339: 'phải là ngày giờ theo RFC 3339, ví dụ 2026-01-05T08:00:00+07:00',
  isDateString: 'phải là ngày theo ISO 8601',
  isEmail: 'phải là địa chỉ thư điện tử',
  min: 'không được nhỏ hơn $1',
  max: 'không được lớn hơn $1',
  isPositive: 'phải lớn hơn 0',
  minLength: 'phải có ít nhất $1 ký tự',
  maxLength: 'không được dài quá $1 ký tự',
  isLength: 'có độ dài không đúng ($1)',
  length: 'có độ dài không đúng ($1)',
  arrayMinSize: 'phải có ít nhất $1 phần tử',
  arrayMaxSize: 'không được quá $1 phần tử',
  arrayNotEmpty: 'phải có ít nhất một phần tử',
  arrayUnique: 'không được trùng lặp',
  matches: 'không đúng dạng quy định',
  nestedValidation: 'phải là một đối tượng',
  unknownField: 'không được biết đến',
};

/** What an English message of class-validator says is allowed: a list of values or a number. */
function allowed(message: string): string {
  return /following values: (.+)$/.exec(message)?.[1] ?? message.match(/-?\d+(?:\.\d+)?/g)?.at(-1) ?? '';
}

function faultOf(field: string, constraint: string, message: string): Fault {
  if (constraint === 'whitelistValidation') {
    return {
      field,
      constraint: 'unknownField',
      vi: `${field} ${VIETNAMESE['unknownField']}`,
      en: `${field} is not a known field`,
    };
  }
  // A message with both languages was written by us ("vi | en"); class-validator's own has English only.
  const [own, english] = message.split(' | ', 2);
  if (own !== undefined && english !== undefined) return { field, constraint, vi: own, en: english };
  const words = VIETNAMESE[constraint] ?? 'không hợp lệ';
  return { field, constraint, vi: `${field} ${words.replace('$1', allowed(message))}`, en: message };
}

/** Every fault of a validated object, nested fields as `offence.article`. */
export function faultsOf(errors: readonly ValidationError[], parent = ''): Fault[] {
  return errors.flatMap((error) => {
    const field = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) =>
      faultOf(field, constraint, parent === '' ? message : message.replace(error.property, field)),
    );
    return [...own, ...faultsOf(error.children ?? [], field)];
  });
}

/** Nest's pipe, after a short cut for bodies that have no fault. */
class QuickValidationPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype } = metadata;
    if (type === 'body' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const made = quickMaker(metatype)?.(value as Record<string, unknown>);
      if (made) return Promise.resolve(made);
    }
    // What a decorator of ours took from the request is no input.
    if (type === 'custom' && metadata.data === undefined) return Promise.resolve(value);
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

/**
 * The global pipe: bodies and queries become their classes, unknown fields are faults, and all faults are
 * answered at once. A check may carry its own words as `message: 'tiếng Việt | English'`.
 */
export function validationPipe(): ValidationPipe {
  return new QuickValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => new Malformed(faultsOf(errors)),
  });
}
