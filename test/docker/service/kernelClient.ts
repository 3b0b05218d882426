/** Runs a cell through the server's REST API and websocket, as Lab does, and returns what it printed. */
import { randomUUID } from 'node:crypto';
import { WebSocket, type Dispatcher } from 'undici';
import { api } from './workbench';

interface Message {
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: { text?: string; execution_state?: string; evalue?: string };
}

/** @param dispatcher how the server is reached where its name alone does not lead there */
export async function runCell(
  endpoint: { origin: string; token: string },
  code: string,
  kernel?: string,
  dispatcher?: Dispatcher,
): Promise<string> {
  const body = kernel ? { name: kernel } : {};
  const made = await api(endpoint, '/api/kernels', { method: 'POST', body, dispatcher });
  if (made.status !== 201) throw new Error(`no kernel: ${made.status} ${JSON.stringify(made.json)}`);
  const { id } = made.json as { id: string };
  const session = randomUUID();
  const url = `${endpoint.origin.replace(/^http/, 'ws')}/api/kernels/${id}/channels?session_id=${session}&token=${endpoint.token}`;
  // Node 20 has no WebSocket of its own.
  const socket = new WebSocket(url, { dispatcher });
  const header = {
    msg_id: randomUUID(),
    msg_type: 'execute_request',
    username: '',
    session,
    version: '5.3',
    date: new Date().toISOString(),
  };
  let printed = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer from the kernel; printed: ${printed}`)), 60_000);
      socket.addEventListener('error', () => reject(new Error('the websocket failed')));
      socket.addEventListener('open', () =>
        socket.send(
          JSON.stringify({
            channel: 'shell',
            header,
            parent_header: {},
            metadata: {},
            content: {
              code,
              silent: false,
              store_history: true,
              user_expressions: {},
              allow_stdin: false,
              stop_on_error: true,
            },
            buffers: [],
          }),
        ),
      );
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as Message;
        if (message.parent_header.msg_id !== header.msg_id) return;
        if (message.header.msg_type === 'stream') printed += message.content.text ?? '';
        if (message.header.msg_type === 'error') reject(new Error(message.content.evalue));
        if (message.header.msg_type === 'status' && message.content.execution_state === 'idle') {
          clearTimeout(late);
          resolve();
        }
      });
    });
    return printed;
  } finally {
    socket.close();
    await api(endpoint, `/api/kernels/${id}`, { method: 'DELETE', dispatcher });
  }
}
