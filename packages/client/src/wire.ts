/**
 * What the service answers, as it stands on the wire. These types are this package's own, so that it depends on nothing;
 * a test compares them with `@biped/protocol`. Members marked optional are additions that a service may lack.
 */

/** RFC 6749 §5.1, with the project and the base URL of the cloud on which it lives. */
export type TokenResponse = {
  readonly access_token: string;
  readonly token_type: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly project_id: number;
  readonly endpoint: string;
  /** ISO 8601. */
  readonly secret_expires_at?: string | null;
};

/** Answer of the credentials information endpoint. */
export type CredentialsInformation = {
  readonly client_id?: string;
  readonly name?: string;
  readonly level?: "account" | "project";
  /** Separated by spaces. */
  readonly scopes: string;
  readonly permissions: {
    readonly projects: readonly { readonly id: number; readonly name: string; readonly endpoint?: string }[];
  };
  readonly secrets?: readonly SecretInformation[];
};

/** The age of one live secret; dates are ISO 8601. */
export type SecretInformation = {
  readonly id: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  /** Whether it is the one with which the question was asked. */
  readonly current: boolean;
};
