/** What is known of the workspaces' passwords: those the keychain gives, and those it has lost or keeps to itself. */
import type { Problem } from '../common/problem';
import type { WorkspaceId } from './model';
import type { Notices } from './notices';
import type { Remembered } from './remembered';
import type { PasswordRecord } from './secrets';
import type { SecretsService } from './secretsService';
import type { WorkspaceState } from './state';

interface Around {
  secrets: SecretsService;
  remembered: Remembered;
  notices: Notices;
  workspaces: () => readonly { id: WorkspaceId }[];
}

export class Passwords {
  constructor(private readonly around: Around) {}

  async readAll(): Promise<void> {
    // One after the other: a keychain is no place for a crowd.
    for (const { id } of this.around.workspaces()) await this.of(id);
  }

  /** The password's record; a keychain that has it no longer is told of. */
  async of(id: WorkspaceId): Promise<PasswordRecord | null> {
    const { secrets, remembered, notices } = this.around;
    const record = await secrets.password(id);
    if (record) remembered.setPassword(id, true);
    else if (this.isLost(id)) notices.add(this.locked() ?? { reason: 'password-unreadable' });
    return record;
  }

  /** Looks for the keychain again and reads what it has. */
  async reopen(): Promise<void> {
    const { secrets, notices, workspaces } = this.around;
    await secrets.reopen();
    await this.readAll();
    const lost = workspaces().some(({ id }) => this.isLost(id));
    if (!lost) notices.clear('password-unreadable');
    if (!lost || !this.locked()) notices.clear('keychain-locked');
  }

  state(id: WorkspaceId): WorkspaceState['password'] {
    const record = this.around.secrets.knownPassword(id);
    if (record) return record.plain === undefined ? 'imported-hash' : 'set';
    return record === undefined || this.around.remembered.hasPassword(id) ? 'unknown' : 'unset';
  }

  private isLost(id: WorkspaceId): boolean {
    return this.around.remembered.hasPassword(id) && !this.around.secrets.knownPassword(id);
  }

  private locked(): Problem | undefined {
    const { problem } = this.around.secrets.state;
    return problem?.reason === 'keychain-locked' ? problem : undefined;
  }
}
