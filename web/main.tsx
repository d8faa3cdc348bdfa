import { render } from "preact";
import { config } from "zod";
import { App } from "./app/app.tsx";
import "uplot/dist/uPlot.min.css";
import "./style/theme.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";

// The page's security policy lets nothing be evaluated, which zod would try.
config({ jitless: true });
render(<App />, document.getElementById("app")!);
