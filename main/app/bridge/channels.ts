/** One channel each way; the procedure's or event's name is the first argument. */
export const callChannel = 'labdock:call';
export const eventChannel = 'labdock:event';
