import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../../main/app/lab/rateLimit';
import { decidePermission } from '../../../main/app/lab/permissionPolicy';
import { decidePopup, maxPopups, type PopupVerdict } from '../../../main/app/lab/popupPolicy';

const origin = 'http://127.0.0.1:8888';

describe('windows a Lab page opens', () => {
  const table: [string, PopupVerdict][] = [
    ['', 'blank'],
    ['about:blank', 'blank'],
    ['http://127.0.0.1:8888/nbconvert/html/a.ipynb?download=true', 'window'],
    ['http://127.0.0.1:8888/files/a.pdf', 'window'],
    ['blob:http://127.0.0.1:8888/1', 'window'],
    ['https://docs.jupyter.org', 'external'],
    ['http://127.0.0.1:9999/', 'external'],
    ['blob:https://example.org/1', 'deny'],
    ['file:///etc/passwd', 'deny'],
    ['javascript:alert(1)', 'deny'],
    ['data:text/html,x', 'deny'],
    ['about:config', 'deny'],
  ];
  it.each(table)('%s: %s', (url, verdict) => {
    expect(decidePopup(url, { origin, openPopups: 0 })).toBe(verdict);
  });
  it('has a limit', () => {
    expect(decidePopup('about:blank', { origin, openPopups: maxPopups })).toBe('deny');
    expect(decidePopup('about:blank', { origin, openPopups: maxPopups - 1 })).toBe('blank');
  });
  it('opens nothing of its own without a server', () => {
    expect(decidePopup('about:blank', { origin: null, openPopups: 0 })).toBe('deny');
  });
});

describe('permissions', () => {
  it.each(['clipboard-sanitized-write', 'fullscreen'])('grants %s to the server’s own pages only', (permission) => {
    expect(decidePermission(permission, origin, origin)).toBe(true);
    expect(decidePermission(permission, `${origin}/lab`, origin)).toBe(true);
    expect(decidePermission(permission, 'http://127.0.0.1:8889', origin)).toBe(false);
    expect(decidePermission(permission, 'https://example.org/', origin)).toBe(false);
    expect(decidePermission(permission, 'null', origin)).toBe(false);
    expect(decidePermission(permission, '', origin)).toBe(false);
    expect(decidePermission(permission, undefined, origin)).toBe(false);
    expect(decidePermission(permission, origin, null)).toBe(false);
  });
  it.each([
    'clipboard-read',
    'media',
    'geolocation',
    'notifications',
    'midi',
    'midiSysex',
    'pointerLock',
    'keyboardLock',
    'openExternal',
    'display-capture',
    'mediaKeySystem',
    'idle-detection',
    'speaker-selection',
    'storage-access',
    'top-level-storage-access',
    'window-management',
    'fileSystem',
    'hid',
    'serial',
    'usb',
    'background-sync',
    'unknown',
  ])('denies %s even to the server’s own pages', (permission) => {
    expect(decidePermission(permission, origin, origin)).toBe(false);
  });
});

describe('rate limit', () => {
  it('lets so many through in a window of time, and again later', () => {
    let now = 0;
    const may = createRateLimit(2, 1000, () => now);
    expect([may(), may(), may()]).toEqual([true, true, false]);
    now = 999;
    expect(may()).toBe(false);
    now = 1000;
    expect([may(), may(), may()]).toEqual([true, true, false]);
  });
});
