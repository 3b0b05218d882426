/** One line of a workspace's log as people read it. The bounded buffer behind it stands in logBuffer.ts. */
export interface LogEntry {
  /** Which part spoke: image build, server, the cluster's events, or Labdock itself. */
  source: 'build' | 'server' | 'cluster' | 'labdock';
  time: string;
  text: string;
  error?: boolean;
}
