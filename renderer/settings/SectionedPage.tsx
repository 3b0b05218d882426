import './mantine';
import { ActionIcon, UnstyledButton } from '@mantine/core';
import { IconAlertCircleFilled, IconArrowLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { PageHeading } from '../common/PageHeading';
import { useShortcuts } from '../common/useShortcuts';
import classes from './SectionedPage.module.css';

interface Props<S extends string> {
  title: string;
  sections: readonly { id: S; label: string; wrong?: boolean }[];
  section: S;
  onSection: (section: S) => void;
  onBack: () => void;
  onSave?: () => void;
  children: ReactNode;
  footer?: ReactNode;
}

/** A page of settings: sections at the side, one of them open, the cost and the buttons always in sight below. */
export function SectionedPage<S extends string>(props: Props<S>) {
  const { title, sections, section, onSection, onBack, onSave, children, footer } = props;
  const { t } = useTranslation();
  useShortcuts({ escape: onBack, ...(onSave && { 'mod+s': onSave }) });
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('common.back')}
          title={t('common.back')}
          onClick={onBack}
        >
          <IconArrowLeft size={19} stroke={1.7} />
        </ActionIcon>
        <PageHeading className={classes.title}>{title}</PageHeading>
      </header>
      <div className={classes.body}>
        <nav className={classes.nav} aria-label={t('settings.sections')}>
          {sections.map(({ id, label, wrong }) => (
            <UnstyledButton
              key={id}
              className={classes.link}
              aria-current={id === section ? 'page' : undefined}
              onClick={() => onSection(id)}
            >
              <span>{label}</span>
              {wrong && (
                <IconAlertCircleFilled
                  size={15}
                  className={classes.wrong}
                  role="img"
                  aria-label={t('settings.wrong')}
                />
              )}
            </UnstyledButton>
          ))}
        </nav>
        <main className={classes.main}>
          <div className={classes.column}>{children}</div>
        </main>
      </div>
      {footer && <footer className={classes.footer}>{footer}</footer>}
    </div>
  );
}

export function Section({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>{title}</h2>
      {hint && <p className={classes.hint}>{hint}</p>}
      {children}
    </section>
  );
}
