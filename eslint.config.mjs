import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Tests may read the clock and the environment; they may not be switched off. */
const SPECS = ['**/*.spec.ts', '**/*.spec.tsx', '**/*.suite.ts'];
const SERVER = ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'];
const WEB = ['apps/web/**/*.{ts,tsx}'];

const NO_CHOSEN_TESTS = [
  {
    selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo|failing)$/]',
    message: 'A test runs or is removed: no only, skip, todo or failing.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fit|xit|fdescribe|xdescribe|xtest)$/]',
    message: 'A test runs or is removed: no focused and no skipped tests.',
  },
];

const NO_SWALLOWED_ERRORS = [
  {
    selector:
      "CallExpression[callee.property.name='catch'] > ArrowFunctionExpression[body.type='BlockStatement'][body.body.length=0]",
    message: 'Do not swallow an error: handle it, log it, or let it go on.',
  },
];

const NO_ENVIRONMENT = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'The environment is read in config.ts only; take a typed setting as a parameter.',
  },
];

const NO_CLOCK = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The clock is read in clock.ts only; take the moment or a Clock as a parameter.',
  },
  {
    selector: "CallExpression[callee.name='Date']",
    message: 'The clock is read in clock.ts only; take the moment or a Clock as a parameter.',
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'The clock is read in clock.ts only; take the moment or a Clock as a parameter.',
  },
  {
    selector: "MemberExpression[object.name='Temporal'][property.name='Now']",
    message: 'The clock is read in clock.ts only; take the moment or a Clock as a parameter.',
  },
];

const everywhere = [...NO_CHOSEN_TESTS, ...NO_SWALLOWED_ERRORS];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      'dist/**',
      'apps/web/dist/**',
      '.tinbao/**',
      '.cache/**',
      'bench/out/**',
      'bench/peers/dist/**',
      'faults/out/**',
      'coverage/**',
      // Seeded violations: they are there to be wrong.
      'test/architecture/seeded/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts,cts,js,mjs,cjs}'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable-loop': 'error',
      'no-constant-binary-expression': 'error',
      'default-case-last': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-throw-literal': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
    },
  },
  {
    // `{}` says "any object without members": DI containers and React props use it so.
    files: ['**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }] },
  },
  {
    files: SERVER,
    ignores: [...SPECS, ...WEB],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...everywhere, ...NO_ENVIRONMENT, ...NO_CLOCK],
    },
  },
  {
    files: ['apps/*/src/**/config.ts', 'libs/*/src/**/config.ts'],
    ignores: WEB,
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...NO_CLOCK] },
  },
  {
    files: ['libs/*/src/**/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...NO_ENVIRONMENT] },
  },
  { files: ['apps/cli/src/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: WEB, ignores: SPECS, rules: { 'no-console': 'error' } },
  {
    files: WEB,
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
