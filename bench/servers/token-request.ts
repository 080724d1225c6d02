/** The form that every server here is sent; a record follows: `CLIENT_ID&client_secret=SECRET`. */

export const tokenRequestPrefix = "grant_type=client_credentials&scope=data-export+metrics&client_id=";

export function formatRecord(clientId: string, clientSecret: string): string {
  return `${clientId}&client_secret=${clientSecret}`;
}
