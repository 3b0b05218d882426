/** Height in CSS pixels of the trusted bar above a workspace's Lab page: main places the page below it, the window draws in it. */
export const barHeight = 48;
