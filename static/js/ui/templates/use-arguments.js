// What a person fills into the fields of a template, and what the template becomes with it.
import { useEffect, useMemo, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { blank } from "../../state/answer-form.js";
import { argumentErrors, argumentsOf, formOfParameters } from "../../state/template-form.js";

const PAUSE = 300; // ms without a change, before the server is asked
const NO_PARAMETERS = [];

/**
 * `{form, held, hold, content, errors, preview, trouble, refuse}`. `given` are arguments to begin with, `kept` is what the fields
 * held before; `onHold(held)` is told each change. `errors` are shown once somebody has tried to go on (`refuse(error)`, or
 * `refuse(null)` for what is missing), by the names of the parameters; `trouble` is any other reason why it cannot be started.
 */
export function useArguments({ template, given, kept, onHold }) {
  const parameters = template?.parameters ?? NO_PARAMETERS;
  const form = useMemo(() => formOfParameters(parameters, given), [template?.id, template?.version]);
  const [changed, setChanged] = useState(kept ?? {});
  const [refused, setRefused] = useState({});
  const [isTried, setTried] = useState(false);
  const [trouble, setTrouble] = useState("");
  const held = useMemo(() => ({ ...blank(form), ...among(changed, form) }), [form, changed]);
  const { content, errors: missing } = useMemo(() => argumentsOf(parameters, held), [form, held]);
  const isWhole = Object.keys(missing).length === 0;
  const preview = usePreview(isWhole ? template : null, content);
  const hold = (name, value) => {
    const next = { ...changed, [name]: value };
    setChanged(next);
    const { [name]: _settled, ...others } = refused;
    setRefused(others);
    setTrouble("");
    onHold?.(next);
  };
  const refuse = (error) => {
    setTried(true);
    const found = error && argumentErrors(error);
    setRefused(found ?? {});
    setTrouble(error && !found ? error.message : "");
  };
  return { form, held, hold, content, isWhole, preview, trouble, refuse, errors: isTried ? { ...refused, ...missing } : refused };
}

/** Only what has a field: a template may have changed since. */
const among = (held, { fields }) => Object.fromEntries(fields.filter(({ name }) => name in held).map(({ name }) => [name, held[name]]));

/** `{commands, error}` of a template with its arguments, as the server expands it; it is asked when nothing changes for a moment. */
function usePreview(template, content) {
  const [preview, setPreview] = useState({});
  const said = JSON.stringify(content);
  useEffect(() => {
    if (!template) {
      setPreview({});
      return undefined;
    }
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { commands } = await api.previewTemplate(template.id, { arguments: content }, { signal: asking.signal });
        setPreview({ commands });
      } catch (error) {
        if (error.name !== "AbortError") setPreview({ error });
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [template?.id, template?.version, said]);
  return preview;
}
