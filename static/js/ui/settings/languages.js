// Languages by their tags (BCP 47), each called as in itself and in the reader's language.

/** Those that are offered; a person may have another one, set by a program. */
export const LANGUAGES = [
  "ar", "bn", "bg", "zh-Hans", "zh-Hant", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "he", "hi", "hu", "id",
  "it", "ja", "ko", "lv", "lt", "nb", "fa", "pl", "pt-PT", "pt-BR", "ro", "ru", "sr", "sk", "sl", "es", "sv", "th", "tr",
  "uk", "ur", "vi",
]; // prettier-ignore

function nameIn(tag, reader) {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // not a tag that the browser understands
  }
}

/** "Deutsch (German)" for an English reader; "English" alone. */
export function languageName(tag, reader = navigator.language) {
  const own = nameIn(tag, tag);
  const told = nameIn(tag, reader);
  return own.toLocaleLowerCase() === told.toLocaleLowerCase() ? told : `${own} (${told})`;
}
