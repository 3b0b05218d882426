"""Labdock's hand on the far side of a move: lists, reads, stages and commits files beside a workspace's server.

Sent over standard input by main/workspace/move and run as `python -I -S -c BOOT labdock-agent`; needs Python 3.7 and its
standard library, nothing else. Speaks length-prefixed frames (4 bytes length, 1 byte type, payload) because the standard
input of a Kubernetes exec has no end. Holds at most one chunk of a file in memory.

Nothing is ever unlinked but what this program itself staged. What is replaced or deleted goes to `.labdock/trash`.
A move takes effect with the rename of its journal: before that the next contact drops the staging folder, after that the
next contact carries the journal out to its end. Every line of it can be carried out again without harm.
"""
import errno
import hashlib
import json
import os
import re
import stat
import struct
import sys
import threading
import time
import zlib

CHUNK = 512 * 1024
SMALL = 256 * 1024
BATCH_FILES = 256
SHELF = 256
OWN = b'.labdock'
GRAFTS = b'grafts'
ATTEMPTS = 5
FULL = {errno.ENOSPC, errno.EDQUOT}
# As `isForGood` in main/workspace/move/disk.ts: another attempt would meet the same.
FOR_GOOD = {
    getattr(errno, name)
    for name in (
        'EACCES EPERM EINVAL ENAMETOOLONG ENOENT ENOTDIR EISDIR ELOOP EILSEQ EEXIST ENOTEMPTY EBUSY EXDEV EMLINK ENOTSUP'
    ).split()
}

stdin = sys.stdin.buffer
out_lock = threading.Lock()


class Trouble(Exception):
    """Ends the session; `code` is known to the other side."""

    def __init__(self, code, path='', detail='', missing=0):
        super().__init__(code)
        self.message = {'code': code, 'path': path, 'detail': detail, 'bytes': missing}


class Gone(Exception):
    """The other side is no longer there."""


def enc(path):
    return path.encode('utf-8', 'surrogateescape')


def dec(raw):
    return raw.decode('utf-8', 'surrogateescape')


# ---- frames


def write_all(*parts):
    views = [memoryview(part) for part in parts if len(part)]
    try:
        while views:
            done = os.writev(1, views)
            while views and done >= len(views[0]):
                done -= len(views[0])
                views.pop(0)
            if done:
                views[0] = views[0][done:]
    except OSError as error:
        raise Gone() from error


def send(kind, *parts):
    with out_lock:
        write_all(struct.pack('>IB', sum(len(part) for part in parts), kind), *parts)


def send_json(kind, value):
    send(kind, json.dumps(value, separators=(',', ':')).encode('ascii'))


def reply(**value):
    send_json(ord('R'), value)


def read_exactly(view):
    done = 0
    while done < len(view):
        count = stdin.readinto(view[done:])
        if not count:
            raise Gone()
        done += count


buffer = bytearray(2 * 1024 * 1024)


def receive():
    """The next frame; its payload is valid until the next call."""
    head = bytearray(5)
    read_exactly(memoryview(head))
    size, kind = struct.unpack('>IB', head)
    payload = memoryview(buffer)[:size] if size <= len(buffer) else memoryview(bytearray(size))
    read_exactly(payload)
    return kind, payload


# ---- the disk


def signature(st):
    """As `signatureOf` in main/workspace/move/disk.ts: an unchanged one means unchanged content."""
    return '%d.%d.%d.%d' % (st.st_size, st.st_mtime_ns, st.st_ino, st.st_ctime_ns)


def look(path):
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError:
        pass
    finally:
        os.close(fd)


def sync_volume(path):
    """One flush of the volume in place of one per file."""
    fd = os.open(path, os.O_RDONLY)
    try:
        import ctypes

        if ctypes.CDLL(None, use_errno=True).syncfs(fd) == 0:
            return
    except (ImportError, OSError, AttributeError):
        pass
    finally:
        os.close(fd)
    os.sync()


def write_small(path, content, flush=True):
    temporary = path + b'.tmp'
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        put_all(fd, content)
        if flush:
            os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(temporary, path)
    if flush:
        sync_folder(os.path.dirname(path))


def put_all(fd, content):
    done = os.write(fd, content) if len(content) else 0
    while done < len(content):
        done += os.write(fd, memoryview(content)[done:])


def remove_tree(path):
    """As far as it goes, and through no link. `shutil` has a better one, which takes long to import."""
    if os.path.islink(path):
        return os.unlink(path)  # not of this program's making; what it leads to is not ours at all
    for folder, folders, files in os.walk(path, topdown=False):
        for name in files + folders:
            try:
                found = os.path.join(folder, name)
                (os.rmdir if stat.S_ISDIR(os.lstat(found).st_mode) else os.unlink)(found)
            except OSError:
                pass
    try:
        os.rmdir(path)
    except OSError:
        pass


class Flusher:
    """Brings what is staged to the disk while the next bytes still arrive, so that the flush at the end is short."""

    every = 32 * 1024 * 1024

    def __init__(self, folder):
        self.folder = folder
        self.unflushed = 0
        self.busy = False

    def wrote(self, count):
        self.unflushed += count
        if self.unflushed >= self.every:
            self.start()

    def start(self):
        if not self.busy:
            self.unflushed = 0
            self.busy = True
            threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            sync_volume(self.folder)
        except OSError:
            pass  # the flush at the end says so
        self.busy = False


class Tree:
    """One folder that is moved, with its own hidden folder for staging, trash and journal."""

    def __init__(self, root):
        self.root = enc(root)
        self.own = os.path.join(self.root, OWN)
        self.staging = os.path.join(self.own, b'staging')
        self.journal = os.path.join(self.own, b'journal')
        self.drafted = None
        self.sealed = False

    def at(self, path):
        parts = path.split('/')
        if path.startswith('/') or '..' in parts or '' in parts:
            raise Trouble('protocol', path, 'a path outside the folder')
        return os.path.join(self.root, enc(path))

    def side(self):
        try:
            with open(os.path.join(self.own, b'side.json'), 'rb') as file:
                found = json.loads(file.read().decode('utf-8'))
                return found if isinstance(found, dict) and isinstance(found.get('id'), str) else {}
        except (OSError, ValueError):
            return {}

    def write_side(self, value, flush=True):
        write_small(os.path.join(self.own, b'side.json'), json.dumps(value).encode('ascii'), flush)

    def prepare(self, workspace):
        """Makes the hidden folder; a folder that belonged to another workspace is a new side."""
        os.makedirs(self.own, 0o700, exist_ok=True)
        side = self.side()
        if side.get('workspace') != workspace:
            import binascii

            side = {'id': binascii.hexlify(os.urandom(16)).decode('ascii'), 'workspace': workspace, 'base': ''}
            self.write_side(side)
        return side

    def shelf(self, number):
        """The folder for what is staged under a number: ext4 takes long over thousands of new names in one."""
        return os.path.join(self.staging, b'%d' % (number // SHELF))

    def staged(self, number):
        return os.path.join(self.shelf(number), b'%d' % number)

    def graft(self, number):
        """A folder that is made in staging with all that goes into it, and takes its place as a whole."""
        return os.path.join(self.staging, GRAFTS, b'%d' % number)

    def within(self, number, relative):
        self.at(relative)  # leads nowhere else
        return os.path.join(self.graft(number), enc(relative))

    def begin(self, grafts):
        """Returns the numbers of those that cannot be grafted: their place is taken, or the disk refuses a name."""
        self.rollback()
        os.makedirs(os.path.join(self.staging, GRAFTS), 0o700, exist_ok=True)
        return [number for number, path, folders in grafts if not self.prepare_graft(number, path, folders)]

    def prepare_graft(self, number, path, folders):
        try:
            if look(self.at(path)) is not None:
                return False
            for relative, mode in folders:
                target = self.within(number, relative) if relative else self.graft(number)
                os.mkdir(target, 0o777)
                if mode >= 0:
                    os.chmod(target, mode | 0o700)
        except OSError as error:
            if error.errno not in FOR_GOOD:
                raise
            remove_tree(self.graft(number))
            return False
        return True

    def unstage(self, number, relative):
        try:
            os.unlink(self.within(number, relative))
        except FileNotFoundError:
            pass

    def rollback(self):
        """Drops what was staged: copies, of which nothing has taken effect."""
        if self.drafted is not None:
            self.drafted.close()
            self.drafted = None
        self.sealed = False
        remove_tree(self.staging)
        for leftover in (b'.tmp',):
            try:
                os.unlink(self.journal + leftover)
            except OSError:
                pass

    def recover(self):
        """Finishes what an earlier session began: 'finished', 'dropped' or ''."""
        if os.path.exists(self.journal):
            self.redo(None)
            return 'finished'
        if os.path.exists(self.staging) or os.path.exists(self.journal + b'.tmp'):
            self.rollback()
            return 'dropped'
        return ''

    def draft(self, text):
        if self.drafted is None:
            self.drafted = open(self.journal + b'.tmp', 'wb')
        self.drafted.write(text)

    def seal(self):
        """Brings what is staged and the journal that speaks of it to the disk, in one flush. Nothing takes effect yet."""
        if self.drafted is None:
            raise Trouble('protocol', '', 'no journal')
        self.drafted.close()
        self.drafted = None
        self.check_staged()
        sync_volume(self.own)
        self.sealed = True

    def commit(self, on_put):
        if not self.sealed:
            self.seal()
        os.rename(self.journal + b'.tmp', self.journal)
        sync_folder(self.own)
        return self.redo(on_put)

    def check_staged(self):
        """What somebody took out of staging must not be believed to have arrived."""
        there = set()
        for shelf in os.listdir(self.staging):
            if shelf != GRAFTS:
                there.update(os.listdir(os.path.join(self.staging, shelf)))
        with open(self.journal + b'.tmp', 'rb') as file:
            for line in file:
                if line.startswith(b'["put",'):
                    if line[7 : line.index(b',', 7)] not in there:
                        raise Trouble('verify', json.loads(line.decode('utf-8'))[2], 'it is no longer in staging')
                elif line.startswith(b'["graft",'):
                    _, number, path, expected = json.loads(line.decode('utf-8'))
                    if count_entries(self.graft(number)) != expected:
                        raise Trouble('verify', path, 'not all of it is in staging any more')

    # -- carrying out the journal

    def redo(self, on_put):
        """Returns [path, copy] of what was found changed at the last moment and kept beside, and the numbers of puts that
        are refused for good. `on_put` is given in the first run: what is to be put must be in staging then."""
        kept, failed = [], []
        with open(self.journal, 'rb') as file:
            head = json.loads(file.readline().decode('utf-8'))
            for line in file:
                op = json.loads(line.decode('utf-8'))
                try:
                    self.allowed(op, lambda: self.carry_out(op, kept, failed, head, on_put))
                except OSError as error:
                    # A journal must not stand in the way for ever.
                    if error.errno not in FOR_GOOD:
                        raise
                    if op[0] == 'put':
                        failed.append(op[1])
                    elif op[0] == 'graft':
                        failed.append(-1 - op[1])
        side = self.side()
        if side and head.get('base'):
            # With something missing, both sides have not in common what the base says: the other side knows what they have.
            side['base'] = '' if failed else head['base']
            self.write_side(side, flush=False)
        sync_volume(self.own)
        # Should the disk forget this one, the journal is carried out once more, which does nothing.
        os.unlink(self.journal)
        self.rollback()
        return kept, failed

    def carry_out(self, op, kept, failed, head, on_put):
        if op[0] == 'put':
            self.put(kept, failed, head, on_put, *op[1:])
        elif op[0] == 'trash':
            self.trash(*op[1:])
        elif op[0] == 'rmdir':
            self.rmdir(*op[1:])
        elif op[0] == 'keep':
            self.keep(kept, head, *op[1:])
        elif op[0] == 'mkdir':
            self.mkdir(kept, head, *op[1:])
        elif op[0] == 'graft':
            self.put_graft(kept, failed, head, *op[1:])
        elif op[0] == 'mode':
            self.mode(*op[1:])

    def allowed(self, op, work):
        """A folder of the user's that is not to be written opens for the moment; its files were chosen to be moved."""
        try:
            return work()
        except PermissionError as error:
            if error.errno != errno.EACCES:
                raise
            folder = os.path.dirname(self.at(op[2] if op[0] in ('put', 'graft') else op[1]))
            mode = stat.S_IMODE(os.lstat(folder).st_mode)
            os.chmod(folder, mode | 0o300)
            try:
                return work()
            finally:
                os.chmod(folder, mode)

    def unused(self, path, label):
        """`path` with the label before its extension, made unique."""
        folder, _, name = path.rpartition('/')
        stem, dot, ending = name.rpartition('.')
        if not stem:
            stem, dot, ending = name, '', ''
        for count in range(1, 10000):
            text = ' (%s%s)%s%s' % (label, '' if count == 1 else ' %d' % count, dot, ending)
            short = stem
            while len(enc(short + text)) > 255 and short:
                short = short[:-1]
            found = (folder + '/' if folder else '') + short + text
            if look(self.at(found)) is None:
                return found
        raise Trouble('io', path, 'no free name for a copy')

    def aside(self, kept, path, label):
        copy = self.unused(path, label)
        os.rename(self.at(path), self.at(copy))
        kept.append([path, copy])

    def put(self, kept, failed, head, on_put, number, path, keep, expected):
        staged = self.staged(number)
        final = self.at(path)
        there = look(final)
        if there is not None and look(staged) is not None:
            self.preserve(kept, head, path, final, there, keep, expected)
        try:
            os.rename(staged, final)
        except FileNotFoundError:
            # Done before, in a later run; gone, in the first one.
            if on_put or look(final) is None:
                failed.append(number)
                return
        if on_put:
            on_put(number, signature(os.lstat(final)))

    def preserve(self, kept, head, path, final, there, keep, expected):
        """Sees to it that what stands in a name stays somewhere before the name is given to the new version."""
        if stat.S_ISDIR(there.st_mode):
            return self.aside(kept, path, head['label'])
        beside = self.at(keep) if keep else None
        known = look(beside) if beside else None
        if known is not None and os.path.samestat(known, there):
            return None  # linked before a crash
        if beside is None or known is not None or (expected and not same_content(there, expected)):
            return self.aside(kept, path, head['label'])
        os.makedirs(os.path.dirname(beside), 0o700, exist_ok=True)
        try:
            # With a second name in place the first one is replaced without ever being missing.
            os.link(final, beside, follow_symlinks=False)
        except (OSError, NotImplementedError):
            os.rename(final, beside)
        return None

    def put_graft(self, kept, failed, head, number, path, _):
        staged, there = look(self.graft(number)), look(self.at(path))
        if staged is None:
            # Done before, in a later run.
            if there is None:
                failed.append(-1 - number)
            return
        if there is not None:
            self.aside(kept, path, head['label'])
        os.rename(self.graft(number), self.at(path))

    def trash(self, path, to, expected):
        there = look(self.at(path))
        target = self.at(to)
        if there is None or not same_content(there, expected) or look(target) is not None:
            return
        os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
        os.rename(self.at(path), target)

    def rmdir(self, path, to):
        try:
            os.rmdir(self.at(path))
        except OSError:
            return  # something has appeared in it
        os.makedirs(self.at(to), 0o700, exist_ok=True)

    def keep(self, kept, head, path, copy, expected):
        there = look(self.at(path))
        # Another one than was seen: put aside by an earlier run of this journal, and made anew.
        if there is None or str(there.st_ino) != expected.split('.')[2]:
            return
        if look(self.at(copy)) is not None:
            self.aside(kept, path, head['label'])
        else:
            os.rename(self.at(path), self.at(copy))

    def mkdir(self, kept, head, path, mode):
        target = self.at(path)
        there = look(target)
        if there is not None and not stat.S_ISDIR(there.st_mode):
            self.aside(kept, path, head['label'])
            there = None
        if there is None:
            os.makedirs(target, 0o777, exist_ok=True)
            if mode >= 0:
                os.chmod(target, mode | 0o700)

    def mode(self, path, mode):
        there = look(self.at(path))
        if there is not None and stat.S_ISREG(there.st_mode):
            os.chmod(self.at(path), mode)


def count_entries(folder):
    """Files and links in it, at any depth; -1 where it is not there."""
    count, pending = 0, [folder]
    try:
        while pending:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        count += 1
    except FileNotFoundError:
        return -1
    return count


def same_content(st, expected):
    """Size, time and inode; the change time moves with a second name, so it does not count here."""
    return signature(st).rsplit('.', 1)[0] == expected.rsplit('.', 1)[0]


# ---- listing


def lone(text):
    return any('\ud800' <= char <= '\udfff' for char in text)


def leads_out(path, target):
    if target.startswith('/'):
        return True
    depth = path.count('/')
    for part in target.split('/'):
        if part == '..':
            depth -= 1
            if depth < 0:
                return True
        elif part not in ('', '.'):
            depth += 1
    return False


class Lister:
    def __init__(self, tree, rules, limit):
        self.tree = tree
        self.rules = [(re.compile(rule[0], re.S), rule[1], rule[2]) for rule in rules]
        self.limit = limit
        self.rows = []

    def emit(self, path, kind, st, target='', why=''):
        self.rows.append(
            [path, kind, stat.S_IMODE(st.st_mode) & 0o777, st.st_size, str(st.st_mtime_ns), signature(st), target, why]
        )
        if len(self.rows) >= 2000:
            self.flush()

    def flush(self):
        if self.rows:
            text = json.dumps(self.rows, separators=(',', ':')).encode('ascii')
            send(ord('M'), zlib.compress(text, 1))
        self.rows = []

    def ignored(self, path, is_folder):
        found = False
        for pattern, negated, folders_only in self.rules:
            if (is_folder or not folders_only) and pattern.fullmatch(path):
                found = not negated
        return found

    def run(self):
        pending = [('', os.lstat(self.tree.root))]
        while pending:
            folder, own = pending.pop()
            raw = os.path.join(self.tree.root, enc(folder)) if folder else self.tree.root
            try:
                with os.scandir(raw) as entries:
                    found = list(entries)
            except FileNotFoundError:
                if not folder:
                    raise
                continue
            except OSError:
                if not folder:
                    raise
                self.emit(folder, 'd', own, '', 'unreadable')
                continue
            if folder:
                self.emit(folder, 'd', own)
            for entry in found:
                if entry.name == OWN or (not folder and entry.name == b'lost+found'):
                    continue
                path = (folder + '/' if folder else '') + dec(entry.name)
                try:
                    self.one(entry, path, pending)
                except FileNotFoundError:
                    pass
        self.flush()

    def one(self, entry, path, pending):
        st = entry.stat(follow_symlinks=False)
        name = path.rpartition('/')[2]
        is_folder = stat.S_ISDIR(st.st_mode)
        if lone(name):
            return self.emit(path, 'd' if is_folder else 'o', st, '', 'name')
        why = 'ignored' if self.rules and self.ignored(path, is_folder) else ''
        if is_folder:
            if why:
                return self.emit(path, 'd', st, '', why)
            return pending.append((path, st))
        if stat.S_ISREG(st.st_mode):
            if not why and name.startswith('.~') and len(name) > 2 and not re.fullmatch(r'\.~lock\..*#', name):
                why = 'ignored'
            if not why and self.limit and st.st_size > self.limit:
                why = 'too-large'
            if not why and st.st_mode & 0o444 != 0o444 and not os.access(entry.path, os.R_OK):
                why = 'unreadable'
            return self.emit(path, 'f', st, '', why)
        if stat.S_ISLNK(st.st_mode):
            target = dec(os.readlink(entry.path))
            if lone(target):
                return self.emit(path, 'o', st, '', why or 'name')
            return self.emit(path, 'l', st, target, why or ('outside' if leads_out(path, target) else ''))
        return self.emit(path, 'o', st, '', why or 'special')


# ---- reading


def digest(path):
    """sha256 of a file that does not change meanwhile; None where it cannot be had."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        for _ in range(ATTEMPTS):
            before = signature(os.fstat(fd))
            os.lseek(fd, 0, os.SEEK_SET)
            value = hashlib.sha256()
            chunk = memoryview(bytearray(CHUNK))
            while True:
                count = os.readv(fd, [chunk])
                if not count:
                    break
                value.update(chunk[:count])
            if signature(os.fstat(fd)) == before:
                return value.hexdigest()
        return None
    except OSError:
        return None
    finally:
        os.close(fd)


def files_below(tree, paths, limit):
    """[path, size, mode, mtime, sha256] of the regular files at or below the paths; no hash for what is too large."""
    found = []
    pending = list(reversed(paths))
    while pending:
        path = pending.pop()
        st = look(tree.at(path))
        if st is None:
            continue
        if stat.S_ISDIR(st.st_mode):
            try:
                names = sorted(dec(name) for name in os.listdir(tree.at(path)))
            except OSError:
                continue
            pending.extend('%s/%s' % (path, name) for name in reversed(names) if not lone(name))
        elif stat.S_ISREG(st.st_mode):
            value = digest(tree.at(path)) if st.st_size <= limit else None
            found.append([path, st.st_size, stat.S_IMODE(st.st_mode) & 0o777, str(st.st_mtime_ns), value])
    return found


class Sender:
    """Sends files: small ones many to a frame, large ones in chunks. Each arrives with the hash of what was sent."""

    def __init__(self, tree):
        self.tree = tree
        self.rows, self.contents, self.bytes = [], [], 0
        self.chunk = bytearray(CHUNK)

    def flush(self):
        if self.rows:
            head = json.dumps(self.rows, separators=(',', ':')).encode('ascii')
            send(ord('B'), struct.pack('>I', len(head)), head, *self.contents)
        self.rows, self.contents, self.bytes = [], [], 0

    def one(self, number, path):
        try:
            fd = os.open(self.tree.at(path), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return self.add([number, 'gone'])
        except OSError as error:
            return self.add([number, 'unreadable', os.strerror(error.errno)])
        try:
            for attempt in range(ATTEMPTS):
                if attempt:
                    time.sleep(0.2)
                before = os.fstat(fd)
                os.lseek(fd, 0, os.SEEK_SET)
                if before.st_size <= SMALL:
                    done = self.small(fd, number, before)
                else:
                    done = self.large(fd, number, before)
                if done:
                    return None
            raise Trouble('changed', path)
        except OSError as error:
            self.flush()
            return self.add([number, 'unreadable', os.strerror(error.errno)])
        finally:
            os.close(fd)

    def small(self, fd, number, before):
        content = b''
        while len(content) <= before.st_size:
            part = os.read(fd, before.st_size + 1 - len(content))
            if not part:
                break
            content += part
        if signature(os.fstat(fd)) != signature(before) or len(content) != before.st_size:
            return False
        self.add(self.row(number, before, hashlib.sha256(content).hexdigest()), content)
        return True

    @staticmethod
    def row(number, st, value):
        mode = stat.S_IMODE(st.st_mode) & 0o777
        return [number, 'f', st.st_size, mode, str(st.st_mtime_ns), value, signature(st)]

    def add(self, row, content=b''):
        self.rows.append(row)
        self.contents.append(content)
        self.bytes += len(content)
        if self.bytes >= CHUNK or len(self.rows) >= BATCH_FILES:
            self.flush()

    def large(self, fd, number, before):
        self.flush()
        send_json(ord('F'), [number, before.st_size])
        value = hashlib.sha256()
        view = memoryview(self.chunk)
        while True:
            count = os.readv(fd, [view])
            if not count:
                break
            send(ord('D'), view[:count])
            value.update(view[:count])
        after = os.fstat(fd)
        if signature(after) != signature(before):
            send_json(ord('E'), [number, 'again'])
            return False
        send_json(ord('E'), self.row(number, after, value.hexdigest()))
        return True


# ---- receiving


class Receiver:
    """Puts what comes into staging: under its name in a graft, where the row gives it a place there, or under its number."""

    def __init__(self, tree):
        self.tree = tree
        self.files = self.bytes = 0
        self.path, self.folder = b'', None
        self.at = None
        self.fd = None
        self.place = None
        self.value = None
        self.flusher = Flusher(tree.own)

    def enter(self, path, make=False):
        if path != self.path:
            if make:
                os.makedirs(path, 0o700, exist_ok=True)
            folder = os.open(path, os.O_RDONLY)
            if self.folder is not None:
                os.close(self.folder)
            self.path, self.folder = path, folder

    def enter_graft(self, number, relative):
        """Enters the folder of a file in a graft and returns the file's name: most follow another of the same folder."""
        parent, _, name = relative.rpartition('/')
        if self.at != (number, parent) or name in ('', '.', '..'):
            self.enter(os.path.dirname(self.tree.within(number, relative)))
            self.at = (number, parent)
        return enc(name)

    def make(self, number, place, create):
        """Calls `create` with a folder's descriptor and a name in it. Returns its result and whether it is in its place."""
        if place:
            try:
                name = self.enter_graft(place[0], place[1])
                if place[2]:
                    self.discard(name)
                # Of two files that the disk takes for the same, the second one is the journal's matter.
                return create(self.folder, name), True
            except OSError as error:
                if error.errno not in FOR_GOOD:
                    raise
        self.enter(self.tree.shelf(number), make=True)
        self.at = None
        name = b'%d' % number
        self.discard(name)
        return create(self.folder, name), False

    def discard(self, name):
        try:
            os.unlink(name, dir_fd=self.folder)
        except FileNotFoundError:
            pass

    @staticmethod
    def new_file(mode):
        return lambda folder, name: os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder)

    def ack(self):
        send_json(ord('A'), [self.files, self.bytes])

    def batch(self, payload):
        (size,) = struct.unpack('>I', payload[:4])
        rows = json.loads(bytes(payload[4 : 4 + size]).decode('utf-8'))
        offset = 4 + size
        placed = []
        # Files come with their mode: a call less for each.
        umask = os.umask(0)
        try:
            for row in rows:
                if row[1] == 'l':
                    placed.append([row[0], self.link(row)])
                    self.files += 1
                    continue
                content = payload[offset : offset + row[2]]
                offset += row[2]
                placed.append([row[0], self.small(row, content)])
                self.files += 1
                self.bytes += row[2]
        finally:
            os.umask(umask)
        self.flusher.wrote(len(payload) + 1024 * len(rows))
        send_json(ord('S'), placed)
        self.ack()

    def small(self, row, content):
        if hashlib.sha256(content).hexdigest() != row[5]:
            raise Trouble('verify', str(row[0]))
        fd, in_place = self.make(row[0], place_of(row, 6), self.new_file(mode_of(row)))
        try:
            put_all(fd, content)
            mtime = int(row[4])
            os.utime(fd, ns=(mtime, mtime))
            return signature(os.fstat(fd)) if in_place else ''
        finally:
            os.close(fd)

    def link(self, row):
        def create(folder, name):
            os.symlink(enc(row[2]), name, dir_fd=folder)
            return signature(os.stat(name, dir_fd=folder, follow_symlinks=False))

        found, in_place = self.make(row[0], place_of(row, 3), create)
        return found if in_place else ''

    @staticmethod
    def finish(fd, row):
        os.fchmod(fd, mode_of(row))
        mtime = int(row[4])
        os.utime(fd, ns=(mtime, mtime))

    def first(self, row):
        self.close()
        self.place = place_of(row, 2)
        self.fd, in_place = self.make(row[0], self.place, self.new_file(0o600))
        if not in_place:
            self.place = None
        self.value = hashlib.sha256()

    def data(self, payload):
        put_all(self.fd, payload)
        self.value.update(payload)
        self.bytes += len(payload)
        self.flusher.wrote(len(payload))
        self.ack()

    def last(self, row):
        if row[1] == 'f':
            if self.value.hexdigest() != row[5]:
                raise Trouble('verify', str(row[0]))
            self.finish(self.fd, row)
            self.files += 1
            send_json(ord('S'), [[row[0], signature(os.fstat(self.fd)) if self.place else '']])
        elif self.place:
            self.tree.unstage(*self.place[:2])  # half of a file is none
        self.close()
        self.ack()

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def mode_of(row):
    return row[3] if row[3] >= 0 else 0o644


def place_of(row, index):
    """[graft, name in it, whether an earlier version is there], or None. HOME's rows have none."""
    return row[index] if len(row) > index else None


# ---- the session


def lock(tree, owner):
    """One session at a time: an earlier one whose connection was lost may still be on its way out. `owner` names the
    folder at the other end, which has one session at a time itself: only an earlier one of its own is ended."""
    try:
        import fcntl

        fd = os.open(os.path.join(tree.own, b'lock'), os.O_RDWR | os.O_CREAT, 0o600)
    except (ImportError, OSError):
        return None
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b'%d %s' % (os.getpid(), enc(owner)), 0)
            return fd
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                return fd  # a volume without locks
        waited = time.monotonic() - began
        if waited > 30:
            raise Trouble('busy')
        if waited > 5:
            end_stale(os.pread(fd, 200, 0), owner)
        time.sleep(0.2)


def end_stale(text, owner):
    try:
        number, _, whose = text.partition(b' ')
        if not owner or whose != enc(owner):
            return
        pid = int(number)
        with open('/proc/%d/cmdline' % pid, 'rb') as file:
            if b'labdock-agent' in file.read() and pid != os.getpid():
                os.kill(pid, 9)
    except (OSError, ValueError):
        pass


class Session:
    def __init__(self):
        self.trees = {}
        self.tree = None
        self.receiver = None
        self.locked = None

    def open(self, ask):
        tree = Tree(ask['root'])
        if not os.path.isdir(tree.root):
            if ask.get('optional'):
                return reply(missing=True)
            raise Trouble('io', ask['root'], 'not a directory')
        side, recovered = {}, ''
        if ask['write'] or os.path.isdir(tree.own):
            os.makedirs(tree.own, 0o700, exist_ok=True)
            if self.locked is None:
                self.locked = lock(tree, ask.get('owner', ''))
            self.trees[ask['tree']] = tree
            recovered = tree.recover()
            side = tree.prepare(ask['workspace']) if ask['write'] else tree.side()
            if side.get('workspace') != ask['workspace']:
                side = {}
        self.trees[ask['tree']] = tree
        ignore = ''
        try:
            with open(os.path.join(tree.root, b'.labdockignore'), 'rb') as file:
                ignore = file.read(256 * 1024).decode('utf-8', 'replace')
        except OSError:
            pass
        swapped = look(os.path.join(tree.root, OWN.upper()))
        space = os.statvfs(tree.root)
        reply(
            id=side.get('id', ''),
            base=side.get('base', ''),
            recovered=recovered,
            ignore=ignore,
            insensitive=swapped is not None,
            free=space.f_bavail * space.f_frsize,
            writable=os.access(tree.root, os.W_OK),
        )

    def request(self, ask):
        op = ask['op']
        if op == 'open':
            return self.open(ask)
        if op == 'settle':
            self.receiver.flusher.start()
            return reply()
        tree = self.trees[ask['tree']]
        if op == 'list':
            Lister(tree, ask['rules'], ask['limit']).run()
            return reply()
        if op == 'hash':
            return reply(hashes=[digest(tree.at(path)) for path in ask['paths']])
        if op == 'stat':
            found = [look(tree.at(path)) for path in ask['paths']]
            return reply(signatures=[st and signature(st) for st in found])
        if op == 'files':
            return reply(files=files_below(tree, ask['paths'], ask['limit']))
        if op == 'get':
            sender = Sender(tree)
            for number, path in ask['items']:
                sender.one(number, path)
            sender.flush()
            return reply()
        if op == 'begin':
            refused = tree.begin(ask.get('grafts', []))
            self.tree, self.receiver = tree, Receiver(tree)
            return reply(refused=refused)
        if op == 'unstage':
            for number, relative in ask['places']:
                tree.unstage(number, relative)
            return reply()
        if op == 'seal':
            tree.seal()
            return reply()
        if op == 'commit':
            return self.commit(tree)
        if op == 'base':
            side = tree.side()
            side['base'] = ask['base']
            tree.write_side(side)
            return reply()
        raise Trouble('protocol', '', 'unknown request %s' % op)

    def commit(self, tree):
        rows = []

        def on_put(number, sig):
            rows.append([number, sig])
            if len(rows) >= 2000:
                send_json(ord('S'), rows)
                rows.clear()

        kept, failed = tree.commit(on_put)
        if rows:
            send_json(ord('S'), rows)
        reply(kept=kept, failed=failed)

    def run(self):
        while True:
            kind, payload = receive()
            if kind == ord('B'):
                self.receiver.batch(payload)
            elif kind == ord('F'):
                self.receiver.first(json.loads(bytes(payload).decode('utf-8')))
            elif kind == ord('D'):
                self.receiver.data(payload)
            elif kind == ord('E'):
                self.receiver.last(json.loads(bytes(payload).decode('utf-8')))
            elif kind == ord('L'):
                self.tree.draft(payload)
            elif kind == ord('J'):
                ask = json.loads(bytes(payload).decode('utf-8', 'surrogatepass'))
                if ask['op'] == 'bye':
                    return reply()
                self.request(ask)
            else:
                raise Trouble('protocol', '', 'unknown frame %d' % kind)

    def drop(self):
        for tree in self.trees.values():
            if os.path.isdir(tree.staging) and not os.path.exists(tree.journal):
                tree.rollback()


def widen_pipes():
    """What comes in while a batch is written waits here, in place of all the way back."""
    try:
        import fcntl

        for fd in (0, 1):
            fcntl.fcntl(fd, getattr(fcntl, 'F_SETPIPE_SZ', 1031), 1024 * 1024)
    except (ImportError, OSError):
        pass


def main():
    widen_pipes()
    session = Session()
    send_json(ord('R'), {'agent': 1})
    try:
        session.run()
        return 0
    except Gone:
        return 4
    except Trouble as trouble:
        session.drop()
        send_json(ord('X'), trouble.message)
        return 3
    except OSError as error:
        code = 'full' if error.errno in FULL else 'io'
        name = error.filename
        path = dec(name) if isinstance(name, bytes) else str(name or '')
        session.drop()
        send_json(ord('X'), {'code': code, 'path': path, 'detail': str(error), 'bytes': 0})
        return 3
    finally:
        session.drop()


try:
    status = main()
except Gone:
    status = 4
sys.stdout.flush()
os._exit(status)
