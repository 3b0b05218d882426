import { ActionIcon } from '@mantine/core';
import { IconArrowDown, IconCheck, IconCopy, IconTextWrap } from '@tabler/icons-react';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../common/copy';
import { asText, type Block } from './buffer';
import { useLog } from './store';
import classes from './LogView.module.css';

const LogBlock = memo(function LogBlock({ block }: { block: Block }) {
  return (
    <div className={classes.block} style={{ containIntrinsicBlockSize: `auto ${block.lines.length * lineHeight}px` }}>
      {block.lines.map((line, index) => (
        <div key={block.first + index} className={classes.line} data-source={line.source} data-error={line.error}>
          {line.text || ' '}
        </div>
      ))}
    </div>
  );
});

/** CSS pixels of a line that is not wrapped; see LogView.module.css. */
const lineHeight = 18;

/** A workspace's live log. Follows its end until the reader scrolls up. */
export function LogView({ id, fill = false }: { id: string; fill?: boolean }) {
  const { t } = useTranslation();
  const buffer = useLog(id);
  const scroller = useRef<HTMLDivElement>(null);
  const [wrap, setWrap] = useState(true);
  const [following, setFollowing] = useState(true);
  const [copied, setCopied] = useState(false);
  const empty = buffer.blocks.length === 0;

  useLayoutEffect(() => {
    const el = scroller.current;
    if (!following || !el) return;
    const toEnd = () => {
      el.scrollTop = el.scrollHeight;
    };
    toEnd();
    // Blocks that come into sight take their true height, which moves the end once more.
    const frame = requestAnimationFrame(toEnd);
    return () => cancelAnimationFrame(frame);
  }, [buffer, following, wrap]);

  const top = useRef(0);
  const onScroll = () => {
    const el = scroller.current;
    if (!el) return;
    // Only going up is the reader's own doing; the end also moves by itself.
    if (el.scrollHeight - el.scrollTop - el.clientHeight < 24) setFollowing(true);
    else if (el.scrollTop < top.current) setFollowing(false);
    top.current = el.scrollTop;
  };
  const copy = async () => {
    await copyText(asText(buffer));
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };

  return (
    <div className={classes.log} data-fill={fill}>
      <div className={classes.bar}>
        <span className={classes.title}>{t('log.title')}</span>
        {buffer.dropped > 0 && <span className={classes.dropped}>{t('log.dropped', { lines: buffer.dropped })}</span>}
        <span className={classes.space} />
        {!following && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t('log.toEnd')}
            title={t('log.toEnd')}
            onClick={() => setFollowing(true)}
          >
            <IconArrowDown size={15} />
          </ActionIcon>
        )}
        <ActionIcon
          variant={wrap ? 'light' : 'subtle'}
          color="gray"
          size="sm"
          aria-pressed={wrap}
          aria-label={t('log.wrap')}
          title={t('log.wrap')}
          onClick={() => setWrap(!wrap)}
        >
          <IconTextWrap size={15} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          disabled={empty}
          aria-label={copied ? t('log.copied') : t('log.copy')}
          title={copied ? t('log.copied') : t('log.copy')}
          onClick={() => void copy()}
        >
          {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
        </ActionIcon>
      </div>
      <div
        ref={scroller}
        className={classes.lines}
        data-wrap={wrap}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label={t('log.title')}
        // A scrolling area must be reachable by keyboard.
        tabIndex={0}
        translate="no"
      >
        {empty ? (
          <p className={classes.empty}>{t('log.empty')}</p>
        ) : (
          buffer.blocks.map((block) => <LogBlock key={block.first} block={block} />)
        )}
      </div>
    </div>
  );
}
