/**
 * A tray of the test's own: it owns the name a desktop's panel owns on the session bus, so the application registers its
 * item here, and the test sees what the panel would: icon, tooltip and menu, and clicks as a person would.
 */
import dbus from 'dbus-next';
import { WatcherInterface, watcherName } from './trayWatcherInterface';
import { until } from './processes';

const itemInterface = 'org.kde.StatusNotifierItem';
const menuInterface = 'com.canonical.dbusmenu';

export interface TrayIcon {
  width: number;
  height: number;
  /** ARGB, four bytes a pixel, network byte order. */
  pixels: Buffer;
}

export interface TrayEntry {
  id: number;
  label: string;
  enabled: boolean;
  visible: boolean;
  separator: boolean;
  /** For checkboxes and radio entries. */
  checked?: boolean;
  children: TrayEntry[];
}

export class TrayItem {
  constructor(
    private readonly bus: dbus.MessageBus,
    /** The bus name of the item, and the object's path. */
    readonly service: string,
    readonly path: string,
  ) {}

  private async call(
    path: string,
    face: string,
    member: string,
    signature = '',
    body: unknown[] = [],
  ): Promise<unknown[]> {
    const message = new dbus.Message({ destination: this.service, path, interface: face, member, signature, body });
    return ((await this.bus.call(message))?.body ?? []) as unknown[];
  }

  /** A property of the item; undefined when it has none of that name. */
  async property<T>(name: string): Promise<T | undefined> {
    try {
      const [variant] = await this.call(this.path, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [
        itemInterface,
        name,
      ]);
      return (variant as dbus.Variant<T>).value;
    } catch {
      return undefined;
    }
  }

  title = async (): Promise<string> => (await this.property<string>('Title')) ?? '';

  /** The tooltip's title and text, as one. */
  async tooltip(): Promise<string> {
    const [, , title = '', text = ''] = (await this.property<[string, unknown, string, string]>('ToolTip')) ?? [];
    return [title, text].filter(Boolean).join('\n');
  }

  /** The icon in the largest size it is offered in; undefined when it is given by name only. */
  async icon(): Promise<TrayIcon | undefined> {
    const offered = (await this.property<[number, number, Buffer][]>('IconPixmap')) ?? [];
    const [largest] = offered.sort((one, other) => other[0] - one[0]);
    return largest && { width: largest[0], height: largest[1], pixels: Buffer.from(largest[2]) };
  }

  /** What a left click does. */
  activate = async (): Promise<void> => {
    await this.call(this.path, itemInterface, 'Activate', 'ii', [0, 0]);
  };

  private menuPath = async (): Promise<string> => (await this.property<string>('Menu')) ?? '/com/canonical/dbusmenu';

  async menu(): Promise<TrayEntry[]> {
    const path = await this.menuPath();
    await this.call(path, menuInterface, 'AboutToShow', 'i', [0]).catch(() => undefined);
    const [, root] = await this.call(path, menuInterface, 'GetLayout', 'iias', [0, -1, []]);
    return entry(root as RawEntry).children;
  }

  /** Clicks the entry with this label, at any depth. Fails when there is none, or it is disabled. */
  async click(label: string | RegExp): Promise<void> {
    const entries = flat(await this.menu());
    const found = entries.find(
      (one) => one.visible && (typeof label === 'string' ? one.label === label : label.test(one.label)),
    );
    if (!found)
      throw new Error(`the tray has no entry ${String(label)}: ${entries.map((one) => one.label).join(', ')}`);
    if (!found.enabled) throw new Error(`the tray's entry ${found.label} is disabled`);
    const data = new dbus.Variant('s', '');
    await this.call(await this.menuPath(), menuInterface, 'Event', 'isvu', [found.id, 'clicked', data, 0]);
  }
}

type RawEntry = [number, Record<string, dbus.Variant>, dbus.Variant<RawEntry>[]];

function entry([id, properties, children]: RawEntry): TrayEntry {
  const value = <T>(name: string, otherwise: T): T => (properties[name]?.value as T | undefined) ?? otherwise;
  const state = properties['toggle-state']?.value as number | undefined;
  return {
    id,
    // An underscore marks the access key; two are one.
    label: value('label', '').replace(/__|_/g, (mark) => (mark === '__' ? '_' : '')),
    enabled: value('enabled', true),
    visible: value('visible', true),
    separator: value<string>('type', 'standard') === 'separator',
    ...(state === undefined || !properties['toggle-type'] ? {} : { checked: state === 1 }),
    children: children.map((child) => entry(child.value)),
  };
}

const flat = (entries: TrayEntry[]): TrayEntry[] => entries.flatMap((one) => [one, ...flat(one.children)]);

export class TrayWatcher {
  private constructor(
    private readonly bus: dbus.MessageBus,
    private readonly watcher: WatcherInterface,
  ) {}

  /** Becomes the tray of a session bus, by default `DBUS_SESSION_BUS_ADDRESS`. Start it before the application. */
  static async start(busAddress?: string): Promise<TrayWatcher> {
    const bus = dbus.sessionBus(busAddress ? { busAddress } : {});
    const watcher = new WatcherInterface();
    bus.export('/StatusNotifierWatcher', watcher);
    const reply = await bus.requestName(watcherName, 0);
    if (reply !== dbus.RequestNameReply.PRIMARY_OWNER) {
      bus.disconnect();
      throw new Error('this session bus has a tray already: run the test in dbus-run-session');
    }
    // Who registers by path only is known by the name the call came from.
    bus.on('message', (message: dbus.Message) => {
      if (message.member === 'RegisterStatusNotifierItem') watcher.lastSender = message.sender ?? '';
    });
    return new TrayWatcher(bus, watcher);
  }

  /** Items whose application is still there. */
  async items(): Promise<TrayItem[]> {
    const alive: TrayItem[] = [];
    for (const { service, path } of this.watcher.registered) {
      const item = new TrayItem(this.bus, service, path);
      if ((await item.property('Menu')) !== undefined || (await item.property('Id')) !== undefined) alive.push(item);
    }
    return alive;
  }

  /** The newest item, once there is one. */
  item(patience = 20_000): Promise<TrayItem> {
    return until('a tray item', async () => (await this.items()).at(-1), patience);
  }

  stop(): void {
    this.bus.disconnect();
  }
}
