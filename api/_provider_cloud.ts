import type { ProviderSettings } from "@llm-proxy/core";
import type { CloudConfig } from "./_config_cloud.ts";

/** What the config says of a provider's cloud, in the library's words. */
export function cloudSettings(
  { aws, google, entra }: CloudConfig,
): Pick<ProviderSettings, "aws" | "google" | "entra"> {
  return {
    ...(aws !== undefined && {
      aws: {
        region: aws.region,
        ...optional("accessKeyId", aws.access_key_id),
        ...optional("secretAccessKey", aws.secret_access_key),
        ...optional("sessionToken", aws.session_token),
        ...(aws.role !== undefined && { role: aws.role }),
      },
    }),
    ...(google !== undefined && {
      google: {
        project: google.project,
        location: google.location,
        ...optional("serviceAccount", google.service_account),
      },
    }),
    ...(entra !== undefined && {
      entra: {
        ...optional("tenantId", entra.tenant_id),
        ...optional("clientId", entra.client_id),
        ...optional("clientSecret", entra.client_secret),
        ...optional("authority", entra.authority),
      },
    }),
  };
}

function optional<K extends string>(
  name: K,
  value: string | undefined,
): { readonly [P in K]?: string } {
  return value === undefined
    ? {}
    : { [name]: value } as { readonly [P in K]: string };
}
