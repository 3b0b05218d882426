/** Mantine in Labdock's clothes. Colours of surfaces and words stand in styles/tokens.css. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** One stack for both scripts: the system's own face, with the Korean face each system ships. */
export const fontStack =
  "system-ui, -apple-system, 'Segoe UI', 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif";
export const monoStack =
  "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', 'Noto Sans Mono CJK KR', 'D2Coding', monospace";

/** Mantine's dark greys in the tint of styles/tokens.css. */
const dark: MantineColorsTuple = [
  '#e8eaee',
  '#c9ced6',
  '#a8afbb',
  '#7d8593',
  '#434955',
  '#363b44',
  '#23272e',
  '#1e2126',
  '#181b1f',
  '#121417',
];

export const theme = createTheme({
  colors: { dark },
  fontFamily: fontStack,
  fontFamilyMonospace: monoStack,
  primaryColor: 'blue',
  // White on blue 8 and red 8 reads at more than 4.5:1; the lighter shades do not.
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: { fontWeight: '600' },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-dim)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-placeholder': 'var(--text-faint)',
    '--mantine-color-error': 'var(--bad)',
  },
  light: {},
  dark: {},
});
