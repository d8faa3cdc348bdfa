import type { FastifyInstance } from "fastify";
import { Histogram, type Registry } from "prom-client";

/** Measures how long requests take, by route: everything that is asked for beyond these is one route too. */
export function measureRequests(app: FastifyInstance, registry: Registry, name: string): void {
  const seconds = new Histogram({
    name,
    help: "Seconds from a request's arrival to the end of its answer, event streams left out",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  app.addHook("onResponse", async (request, { statusCode, elapsedTime }) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? "none";
    // A stream lasts as long as somebody listens.
    if (!route.endsWith("/events")) seconds.observe({ method, route, status: `${statusCode}` }, elapsedTime / 1000);
    app.log.debug({ status: statusCode, ms: Math.round(elapsedTime) }, `${method} ${request.url}`);
  });
}
