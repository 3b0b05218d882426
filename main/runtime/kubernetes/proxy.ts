/** Which proxy stands before an API server whose kubeconfig names none, as kubectl (Go's `http.ProxyFromEnvironment`) has it. Pure. */

export function proxyFromEnvironment(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url) return undefined;
  const read = (name: string) => env[name.toUpperCase()] || env[name] || undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return undefined;
  const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (!proxy || excluded(host, url.port, read('no_proxy') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** @param list `*`, names (with their subdomains), `.suffix`, addresses, IPv4 networks `10.0.0.0/8`; each with an optional port */
function excluded(host: string, port: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', onPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (onPort && onPort !== (port || '443')) return false;
      if (name.includes('/')) return inNetwork(host, name);
      const suffix = name.replace(/^\*?\./, '');
      return (host === suffix && !name.startsWith('.')) || host.endsWith(`.${suffix}`);
    });
}

function inNetwork(host: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/');
  const [a, b] = [addressNumber(host), addressNumber(base)];
  const length = Number(bits);
  if (a === undefined || b === undefined || !(length >= 0 && length <= 32)) return false;
  const size = 2 ** (32 - length);
  return Math.floor(a / size) === Math.floor(b / size);
}

function addressNumber(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
