/** What the participle of an audit event's action is made of: trimmed of them, `credential.created` is `credential.`. */
export const participleLetters = "abcdefghijklmnopqrstuvwxyz-";
