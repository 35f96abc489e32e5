import { settingNames, settingsSchema, type SettingName, type Settings } from './settings.ts';

/** The variables that were set, and not set to nothing: compose files pass `NAME=` for what they leave open. */
export type Variables = Partial<Record<string, string>>;

export type Outcome = { readonly settings: Settings } | { readonly problems: readonly string[] };

/** Either all settings or one sentence for each thing wrong, so that a start fails once and not once per mistake. */
export function readSettings(variables: Variables): Outcome {
  const result = settingsSchema.safeParse(variables);
  const wrong = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return `${name} ${issue.message}${quoteIfHarmless(name, variables)}`;
  });
  const problems = [...wrong, ...contradictions(variables)];
  return result.success && problems.length === 0 ? { settings: result.data } : { problems };
}

const holdsSecret = (name: string): boolean => name.endsWith('_URL') || name.endsWith('_KEY');

const quoteIfHarmless = (name: string, variables: Variables): string =>
  holdsSecret(name) ? '' : `, and is "${variables[name] ?? ''}"`;

/** Rules between settings; they read the variables themselves, so that another wrong value hides none of them. */
function contradictions(variables: Variables): string[] {
  const has = (name: SettingName): boolean => variables[name] !== undefined;
  const keysConfigured = has('AUTH_JWKS_URL') || has('AUTH_PUBLIC_KEY_FILE');
  const external = has('AGENT_RUNTIME__DB_URL') || has('AUTH_SERVICE__DB_URL');
  const problems: string[] = [];
  if (has('AUTH_JWKS_URL') && has('AUTH_PUBLIC_KEY_FILE')) {
    problems.push(
      'AUTH_JWKS_URL and AUTH_PUBLIC_KEY_FILE are both set; keep the one that tokens are to be checked with',
    );
  }
  if (has('TLS_CERT_FILE') !== has('TLS_KEY_FILE')) {
    problems.push('TLS_CERT_FILE and TLS_KEY_FILE belong together; set both, or neither for plain HTTP');
  }
  if (variables['NODE_ENV'] === 'production' && external && !keysConfigured) {
    problems.push(
      'AUTH_JWKS_URL or AUTH_PUBLIC_KEY_FILE must be set in production with your own database; the built-in issuer of tokens is for trying things out',
    );
  }
  if (variables['LIVE_WAKEUPS'] === 'bus' && !has('NATS_URL')) {
    problems.push('LIVE_WAKEUPS is "bus" and NATS_URL is not set; say where the NATS servers are');
  }
  if (isSameDatabase(variables['AGENT_RUNTIME__DB_URL'], variables['AUTH_SERVICE__DB_URL'])) {
    problems.push(
      'AGENT_RUNTIME__DB_URL and AUTH_SERVICE__DB_URL name the same database; conversations and identity live in two',
    );
  }
  return [...problems, ...sideRoadsWithoutMain(variables)];
}

/** Whoever the roles are; a URL that cannot be read is another rule's business. */
function isSameDatabase(one: string | undefined, other: string | undefined): boolean {
  const [first, second] = [one, other].map((url) => URL.parse(url ?? ''));
  if (first == null || second == null) return false;
  return first.hostname !== '' && first.host === second.host && first.pathname === second.pathname;
}

function sideRoadsWithoutMain(variables: Variables): string[] {
  return settingNames.flatMap((name) => {
    const [, service] = /^(AGENT_RUNTIME|AUTH_SERVICE)__\w+_DB_URL$/.exec(name) ?? [];
    const alone =
      service !== undefined && variables[name] !== undefined && variables[`${service}__DB_URL`] === undefined;
    return alone
      ? [`${name} is set without ${service}__DB_URL; set that one too, or neither for an embedded database`]
      : [];
  });
}
