import { describe, expect, it } from 'vitest';
import { decideNavigation, externalUrl, isOwn, type Verdict } from '../../../main/app/lab/navigationPolicy';

const origin = 'http://127.0.0.1:8888';

describe('where a Lab page may go', () => {
  const mainFrame: [string, Verdict][] = [
    ['http://127.0.0.1:8888/lab', 'allow'],
    ['http://127.0.0.1:8888/login?next=%2Flab', 'allow'],
    ['HTTP://127.0.0.1:8888/lab', 'allow'],
    ['blob:http://127.0.0.1:8888/4ad1', 'allow'],
    // Another port, name or scheme is another server.
    ['http://127.0.0.1:8889/lab', 'external'],
    ['http://localhost:8888/lab', 'external'],
    ['https://127.0.0.1:8888/lab', 'external'],
    ['http://127.0.0.1.example.org:8888/', 'external'],
    ['http://127.0.0.1:8888.example.org/', 'deny'],
    ['https://example.org/paper.pdf', 'external'],
    ['http://user:secret@example.org/', 'deny'],
    ['http://127.0.0.1:8888@example.org/', 'deny'],
    ['http://user@127.0.0.1:8888/lab', 'deny'],
    ['blob:https://example.org/4ad1', 'deny'],
    ['about:blank', 'deny'],
    ['data:text/html,<script>1</script>', 'deny'],
    ['javascript:alert(1)', 'deny'],
    ['file:///etc/passwd', 'deny'],
    ['app://labdock/index.html', 'deny'],
    ['chrome://gpu', 'deny'],
    ['devtools://devtools/bundled/inspector.html', 'deny'],
    ['ms-msdt:/id PCWDiagnostic', 'deny'],
    ['vscode://file/tmp', 'deny'],
    ['mailto:someone@example.org', 'deny'],
    ['not a url', 'deny'],
    ['', 'deny'],
  ];
  it.each(mainFrame)('main frame to %s: %s', (url, verdict) => {
    expect(decideNavigation(url, { origin, isMainFrame: true })).toBe(verdict);
  });

  const frames: [string, Verdict][] = [
    ['http://127.0.0.1:8888/files/report.html', 'allow'],
    ['https://www.example.org/embed/video', 'allow'],
    ['about:blank', 'allow'],
    ['about:srcdoc', 'allow'],
    ['data:text/html,hello', 'allow'],
    ['blob:http://127.0.0.1:8888/4ad1', 'allow'],
    ['file:///etc/passwd', 'deny'],
    ['app://labdock/index.html', 'deny'],
    ['vscode://file/tmp', 'deny'],
    ['javascript:alert(1)', 'deny'],
  ];
  it.each(frames)('inner frame to %s: %s', (url, verdict) => {
    expect(decideNavigation(url, { origin, isMainFrame: false })).toBe(verdict);
  });

  it('has no own pages while there is no server', () => {
    expect(decideNavigation('http://127.0.0.1:8888/lab', { origin: null, isMainFrame: true })).toBe('external');
    expect(isOwn('http://127.0.0.1:8888/lab', null)).toBe(false);
  });
});

describe('what may leave for the system browser', () => {
  it.each([
    ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
    ['http://example.org', 'http://example.org/'],
    ['https://user:secret@example.org/', null],
    ['file:///C:/Windows/System32/calc.exe', null],
    ['smb://server/share', null],
    ['javascript:alert(1)', null],
    ['--help', null],
  ])('%s', (url, expected) => {
    expect(externalUrl(url)).toBe(expected);
  });
  it('nothing longer than a command line takes', () => {
    const host = 'https://example.org/';
    expect(externalUrl(host + 'a'.repeat(2000 - host.length))).not.toBeNull();
    expect(externalUrl(host + 'a'.repeat(2001 - host.length))).toBeNull();
  });
});
