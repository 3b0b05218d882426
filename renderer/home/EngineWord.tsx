import { useTranslation } from 'react-i18next';
import { useLater } from '../common/useLater';
import { useAppState } from '../state';
import classes from './HomeHeader.module.css';

/** One quiet word on the engine. Looking takes a moment at every launch: not worth a word unless it lasts. */
export function EngineWord() {
  const { t } = useTranslation();
  const engine = useAppState((state) => state.engine);
  const late = useLater(engine.status === 'looking', 1000);
  const info = engine.chosen?.info;
  const words =
    engine.status === 'looking'
      ? late
        ? t('engine.looking')
        : ''
      : engine.status === 'available' && info
        ? t('engine.using', { product: t(`engine.product.${info.product}`), version: info.version })
        : '';
  return (
    <span className={classes.engine} role="status" title={engine.chosen?.host}>
      {words}
    </span>
  );
}
