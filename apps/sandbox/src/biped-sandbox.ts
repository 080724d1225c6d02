#!/usr/bin/env node
import { isNodeNewEnough } from "@biped/listener/node-version";

if (isNodeNewEnough("biped-sandbox")) await import("./main.ts");
