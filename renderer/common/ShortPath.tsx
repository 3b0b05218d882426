import { splitPath } from './splitPath';
import classes from './ShortPath.module.css';

/** A path on one line, shortened in its middle; the whole of it in the tooltip. Always left to right, as paths are. */
export function ShortPath({ path }: { path: string }) {
  const { head, tail } = splitPath(path);
  return (
    <bdi className={classes.path} dir="ltr" title={path} translate="no">
      {head && <span className={classes.head}>{head}</span>}
      <span className={classes.tail}>{tail}</span>
    </bdi>
  );
}
