/** A display and a message bus of the test's own, for the length of a test. */
import { start, until } from './processes';

export interface Session {
  /** What a program needs in its environment to be in this session. */
  env: { DISPLAY: string; DBUS_SESSION_BUS_ADDRESS: string };
  stop: () => Promise<void>;
}

export async function startSession(): Promise<Session> {
  const display = start(['Xvfb', '-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp']);
  const bus = start(['dbus-daemon', '--session', '--nofork', '--print-address=1']);
  const stop = async (): Promise<void> => {
    await Promise.all([bus.stop(), display.stop()]);
  };
  try {
    const number = await until('Xvfb says its display', () => /^(\d+)$/m.exec(display.output())?.[1]);
    const address = await until('the bus says its address', () => /^unix:.*$/m.exec(bus.output())?.[0]);
    return { env: { DISPLAY: `:${number}`, DBUS_SESSION_BUS_ADDRESS: address }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
