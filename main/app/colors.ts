/** The page's colour before its style sheet is there (renderer/styles/tokens.css, `--page`): a window must not flash. */
export const backgroundColor = (theme: 'light' | 'dark') => (theme === 'dark' ? '#15171b' : '#f6f7f9');

/** JupyterLab paints white before its own theme is known. */
export const labBackground = '#ffffff';
