import { render } from "preact";
import { config } from "zod";
import { App } from "./app/app.tsx";

// The page's security policy lets nothing be evaluated, which zod would try.
config({ jitless: true });
render(<App />, document.getElementById("app")!);
