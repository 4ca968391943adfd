// The page's program: GraphiQL against the endpoint beside which the page is served.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";

const root = document.getElementById("graphiql");
const { endpoint, defaultQuery } = root.dataset;
const { href } = new URL(endpoint, document.baseURI);

createRoot(root).render(
  <GraphiQL
    fetcher={createGraphiQLFetcher({ url: href, subscriptionUrl: href.replace(/^http/, "ws") })}
    defaultQuery={defaultQuery}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled
    shouldPersistHeaders={false}
  />,
);
