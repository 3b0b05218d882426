/** For Mantine's `comboboxProps`: choices stand in the page itself, below their field, and only while they are open. */
export const inPlace = { withinPortal: false, keepMounted: false } as const;
