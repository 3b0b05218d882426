/**
 * The contract's `barHeight`, CSS pixels. Written again, because importing a value of the contract would load all its
 * schemas before the Lab opens; a test holds the two equal.
 */
export const barHeight = 48;
