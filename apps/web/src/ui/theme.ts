import type { ThemeConfig } from 'antd';

/**
 * Every token of the surface: colours, sizes, spaces. Style sheets read them as custom properties (`var(--ink)`),
 * antd and the charts read them from here. No colour and no size is written anywhere else
 * (break points of media queries excepted: custom properties cannot be used there).
 *
 * Colour means something or is absent: ink blue acts; amber nears the safe day; orange is due today;
 * red is past the latest arguable day; hatched grey is suspended; muted green is done.
 */
export type Mode = 'light' | 'dark';

export interface Palette {
  canvas: string;
  surface: string;
  sunken: string;
  rail: string;
  line: string;
  lineStrong: string;
  ink: string;
  ink2: string;
  ink3: string;
  onAct: string;
  act: string;
  actHover: string;
  actWeak: string;
  focus: string;
  amber: string;
  amberWeak: string;
  amberMark: string;
  orange: string;
  orangeWeak: string;
  orangeMark: string;
  red: string;
  redWeak: string;
  redMark: string;
  green: string;
  greenWeak: string;
  greenMark: string;
  greyMark: string;
  greyWeak: string;
  shadow: string;
  scrim: string;
}

export const palettes: Record<Mode, Palette> = {
  light: {
    canvas: '#eef2f6',
    surface: '#ffffff',
    sunken: '#f5f7fa',
    rail: '#e6ecf2',
    line: '#dbe2ea',
    lineStrong: '#b3bfcc',
    ink: '#14202d',
    ink2: '#425365',
    ink3: '#586a7c',
    onAct: '#ffffff',
    act: '#1b3f78',
    actHover: '#15325f',
    actWeak: '#e3ebf6',
    focus: '#2f6bd8',
    amber: '#7a5200',
    amberWeak: '#fdf3d9',
    amberMark: '#d79a12',
    orange: '#96400a',
    orangeWeak: '#fdeadd',
    orangeMark: '#e06a1c',
    red: '#a8151d',
    redWeak: '#fbe6e6',
    redMark: '#c5242c',
    green: '#2b6249',
    greenWeak: '#e4f0ea',
    greenMark: '#4d9472',
    greyMark: '#8494a4',
    greyWeak: '#e7ecf1',
    shadow: '0 1px 2px rgb(20 32 45 / 6%), 0 8px 28px rgb(20 32 45 / 14%)',
    scrim: 'rgb(20 32 45 / 32%)',
  },
  dark: {
    canvas: '#10171f',
    surface: '#18212b',
    sunken: '#1e2935',
    rail: '#141c25',
    line: '#2b3846',
    lineStrong: '#48596b',
    ink: '#e8eef4',
    ink2: '#b4c1ce',
    ink3: '#94a4b4',
    onAct: '#0d1724',
    act: '#8fb4ef',
    actHover: '#a9c6f5',
    actWeak: '#22344e',
    focus: '#7fb0ff',
    amber: '#f0c568',
    amberWeak: '#3a2f14',
    amberMark: '#d9a12a',
    orange: '#f7a878',
    orangeWeak: '#402517',
    orangeMark: '#e9803a',
    red: '#ff9c9c',
    redWeak: '#431c20',
    redMark: '#ea5a5f',
    green: '#93cdb0',
    greenWeak: '#1b3429',
    greenMark: '#5aa881',
    greyMark: '#7c8c9c',
    greyWeak: '#28343f',
    shadow: '0 1px 2px rgb(0 0 0 / 40%), 0 8px 28px rgb(0 0 0 / 50%)',
    scrim: 'rgb(0 0 0 / 55%)',
  },
};

/** Sizes in px unless the name says otherwise; the grid is 4 px. */
export const sizes = {
  font1: '12px',
  font2: '14px',
  font3: '16px',
  font4: '20px',
  font5: '28px',
  font6: '40px',
  x1: '4px',
  x2: '8px',
  x3: '12px',
  x4: '16px',
  x5: '20px',
  x6: '24px',
  x8: '32px',
  x10: '40px',
  x12: '48px',
  radius: '6px',
  radiusLarge: '10px',
  row: '36px',
  rowPhone: '56px',
  control: '32px',
  railWidth: '204px',
  barHeight: '52px',
  bottomBarHeight: '60px',
  sideWidth: '320px',
  formWidth: '720px',
  pageWidth: '1440px',
  drawerWidth: '520px',
  hair: '1px',
  focusRing: '2px',
} as const;

export const fontFamily = "'Be Vietnam Pro', 'Segoe UI', 'Noto Sans', system-ui, sans-serif";
export const weights = { text: 400, strong: 600 } as const;

const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** Writes the tokens of a mode onto the document as custom properties. */
export function applyTheme(mode: Mode): void {
  const root = document.documentElement;
  root.dataset['theme'] = mode;
  root.style.colorScheme = mode;
  for (const [name, value] of Object.entries({ ...palettes[mode], ...sizes })) {
    root.style.setProperty(`--${kebab(name)}`, value);
  }
  root.style.setProperty('--font-family', fontFamily);
  root.style.setProperty('--weight-text', String(weights.text));
  root.style.setProperty('--weight-strong', String(weights.strong));
}

const px = (size: string): number => Number.parseInt(size, 10);

/** The same tokens as antd knows them, so its components do not look like antd's. */
export function antTheme(mode: Mode): ThemeConfig {
  const c = palettes[mode];
  return {
    cssVar: { key: `tinbao-${mode}` },
    hashed: false,
    token: {
      fontFamily,
      fontSize: px(sizes.font2),
      fontWeightStrong: weights.strong,
      colorPrimary: c.act,
      colorPrimaryHover: c.actHover,
      colorPrimaryActive: c.actHover,
      colorPrimaryBg: c.actWeak,
      colorLink: c.act,
      colorLinkHover: c.actHover,
      colorInfo: c.act,
      colorSuccess: c.greenMark,
      colorWarning: c.amberMark,
      colorError: c.redMark,
      colorText: c.ink,
      colorTextSecondary: c.ink2,
      colorTextTertiary: c.ink3,
      colorTextPlaceholder: c.ink3,
      colorTextDisabled: c.ink3,
      colorTextLightSolid: c.onAct,
      colorBgBase: c.surface,
      colorBgContainer: c.surface,
      colorBgElevated: c.surface,
      colorBgLayout: c.canvas,
      colorBgMask: c.scrim,
      colorBgContainerDisabled: c.sunken,
      colorFillAlter: c.sunken,
      colorBorder: c.lineStrong,
      colorBorderSecondary: c.line,
      controlItemBgHover: c.sunken,
      controlItemBgActive: c.actWeak,
      controlItemBgActiveHover: c.actWeak,
      controlOutline: 'transparent',
      borderRadius: px(sizes.radius),
      borderRadiusLG: px(sizes.radiusLarge),
      boxShadow: c.shadow,
      boxShadowSecondary: c.shadow,
      controlHeight: px(sizes.control),
      lineWidth: 1,
      motionDurationFast: '0.08s',
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      wireframe: false,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: weights.text },
      Drawer: { paddingLG: px(sizes.x5), footerPaddingInline: px(sizes.x5) },
      Input: { activeShadow: 'none' },
      Select: { optionSelectedBg: c.actWeak, optionActiveBg: c.sunken },
    },
  };
}
