/** An image of this computer's engine, by a name for which no registry is asked. */
export const localName = (image: string): string => `localhost/${image}`;
