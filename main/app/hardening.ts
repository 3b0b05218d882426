/**
 * Every WebContents of the process, whoever made it, starts with nothing allowed. A part that owns one registers what it
 * may do; the rule is looked up when something is tried, so nothing slips in between creation and registration.
 */
import { app, type HandlerDetails, type Session, type WebContents, type WindowOpenHandlerResponse } from 'electron';
import type { Verdict } from './lab/navigationPolicy';

export interface ContentsPolicy {
  navigate(url: string, isMainFrame: boolean): Verdict;
  popup(details: HandlerDetails): WindowOpenHandlerResponse;
  /** A navigation's verdict was `external`. */
  openExternal(url: string): void;
}

const policies = new WeakMap<WebContents, ContentsPolicy>();

export function setPolicy(contents: WebContents, policy: ContentsPolicy): void {
  policies.set(contents, policy);
}

export function hardenApp(): void {
  app.on('web-contents-created', (_event, contents) => {
    const verdict = (url: string, isMainFrame: boolean) => policies.get(contents)?.navigate(url, isMainFrame) ?? 'deny';
    contents.on('will-frame-navigate', (details) => {
      const decided = verdict(details.url, details.isMainFrame);
      if (decided === 'allow') return;
      details.preventDefault();
      if (decided === 'external') policies.get(contents)?.openExternal(details.url);
    });
    contents.on('will-redirect', (details) => {
      // A server that answers with a foreign address is not followed, not even into the system browser.
      if (verdict(details.url, details.isMainFrame) !== 'allow') details.preventDefault();
    });
    contents.setWindowOpenHandler((details) => policies.get(contents)?.popup(details) ?? { action: 'deny' });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    // No client certificates, no passwords for proxies or sites typed into a dialog a page could provoke.
    contents.on('select-bluetooth-device', (event, _devices, callback) => {
      event.preventDefault();
      callback('');
    });
  });
}

/** Permissions and devices of a session: denied unless `decide` says yes. Both handlers, because they guard different doors. */
export function guardSession(session: Session, decide: (permission: string, requester: string | undefined) => boolean) {
  session.setPermissionRequestHandler((_contents, permission, callback, details) =>
    callback(decide(permission, details.requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) => decide(permission, requestingOrigin));
  session.setDevicePermissionHandler(() => false);
  session.on('select-hid-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  session.on('select-usb-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  session.on('select-serial-port', (event, _ports, _contents, callback) => {
    event.preventDefault();
    callback('');
  });
  // Dictionaries would come from a public server the user was not asked about.
  session.setSpellCheckerEnabled(false);
}
