/** The bus interface of a StatusNotifierWatcher, as the freedesktop specification of that name describes it. */
import dbus from 'dbus-next';

export const watcherName = 'org.kde.StatusNotifierWatcher';

export class WatcherInterface extends dbus.interface.Interface {
  registered: { service: string; path: string }[] = [];
  lastSender = '';
  ProtocolVersion = 0;
  /** Without a host an application shows no item at all. */
  IsStatusNotifierHostRegistered = true;

  constructor() {
    super(watcherName);
  }

  get RegisteredStatusNotifierItems(): string[] {
    return this.registered.map(({ service, path }) => service + path);
  }

  /** `name` is a bus name (KDE's way) or an object path on the caller's connection (Ayatana's way). */
  RegisterStatusNotifierItem(name: string): void {
    const item = name.startsWith('/')
      ? { service: this.lastSender, path: name }
      : {
          service: name.split('/')[0] ?? name,
          path: name.includes('/') ? name.slice(name.indexOf('/')) : '/StatusNotifierItem',
        };
    this.registered = this.registered.filter((one) => one.service !== item.service || one.path !== item.path);
    this.registered.push(item);
    this.StatusNotifierItemRegistered(item.service);
  }

  RegisterStatusNotifierHost(_name: string): void {
    this.StatusNotifierHostRegistered();
  }

  StatusNotifierItemRegistered(service: string): string {
    return service;
  }

  StatusNotifierHostRegistered(): void {
    // The signal itself is all there is to it.
  }
}

WatcherInterface.configureMembers({
  properties: {
    RegisteredStatusNotifierItems: { signature: 'as', access: 'read' },
    IsStatusNotifierHostRegistered: { signature: 'b', access: 'read' },
    ProtocolVersion: { signature: 'i', access: 'read' },
  },
  methods: {
    RegisterStatusNotifierItem: { inSignature: 's', outSignature: '' },
    RegisterStatusNotifierHost: { inSignature: 's', outSignature: '' },
  },
  signals: {
    StatusNotifierItemRegistered: { signature: 's' },
    StatusNotifierHostRegistered: { signature: '' },
  },
});
