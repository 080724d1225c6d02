import * as openid from "openid-client";

const timeoutSeconds = 5;
/** The provider's metadata are read anew after an hour; its keys whenever one is unknown. */
const metadataSeconds = 3600;

export type ProviderSettings = { readonly issuer: string; readonly clientId: string; readonly clientSecret: string };

/** `failure` is for the log: which check failed, without anything that was sent. */
export type Asked<Value> = { readonly value: Value } | { readonly failure: string };

export type Provider = {
  readonly ask: <Value>(
    question: (configuration: openid.Configuration) => Value | Promise<Value>,
  ) => Promise<Asked<Value>>;
};

/**
 * An OpenID provider by its metadata. Requests go over https alone (http on this machine), follow no redirect and
 * take five seconds at most. @throws Error where the issuer could not be asked like that.
 */
export function openProvider(settings: ProviderSettings, nowSeconds: () => number): Provider {
  const issuer = new URL(settings.issuer);
  const isLocal = issuer.protocol === "http:" && isLoopback(issuer.hostname);
  if (issuer.protocol !== "https:" && !isLocal) {
    throw new Error("BIPED_SSO_ISSUER must be an https URL; http is for a provider on this machine alone.");
  }
  let known: { readonly configuration: openid.Configuration; readonly until: number } | undefined;
  const findConfiguration = async (): Promise<openid.Configuration> => {
    if (known !== undefined && nowSeconds() < known.until) return known.configuration;
    const configuration = await discover(settings, isLocal);
    known = { configuration, until: nowSeconds() + metadataSeconds };
    return configuration;
  };
  return {
    ask: async (question) => {
      try {
        return { value: await question(await findConfiguration()) };
      } catch (error) {
        // Whatever goes wrong here went wrong between us and the provider, and signs nobody in.
        return { failure: nameFailure(error) };
      }
    },
  };
}

function discover({ issuer, clientId, clientSecret }: ProviderSettings, isLocal: boolean) {
  const [basic, post] = [openid.ClientSecretBasic(clientSecret), openid.ClientSecretPost(clientSecret)];
  const authenticate: openid.ClientAuth = (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return (methods.includes("client_secret_basic") ? basic : post)(server, client, body, headers);
  };
  return openid.discovery(new URL(issuer), clientId, undefined, authenticate, {
    timeout: timeoutSeconds,
    execute: [openid.enableNonRepudiationChecks, ...(isLocal ? [openid.allowInsecureRequests] : [])],
    [openid.customFetch]: (url, options) => fetchFromProvider(url, options, isLocal),
  });
}

/** Also for the addresses that the metadata name. */
function fetchFromProvider(url: string, options: openid.CustomFetchOptions, isLocal: boolean): Promise<Response> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !(isLocal && isLoopback(hostname))) throw new TypeError("The provider names no https.");
  const { method, headers, body, signal } = options;
  return fetch(url, { method, headers, body: body ?? null, signal: signal ?? null, redirect: "error" });
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function nameFailure(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const told = "error" in error && typeof error.error === "string" ? ` ${error.error.slice(0, 60)}` : "";
  return `${code}${told}`.replace(/[^\w .-]/g, "");
}
