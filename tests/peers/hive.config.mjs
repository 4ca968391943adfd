// Hive Gateway: hive-gateway supergraph SUPERGRAPH --config-path hive.config.mjs --host 127.0.0.1 --port PORT
import { defineConfig } from "@graphql-hive/gateway";

export const gatewayConfig = defineConfig({
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => {
      const authorization = request.headers.get("authorization");
      return authorization ? { authorization } : {};
    },
  },
});
