#!/usr/bin/env node
import { isNodeNewEnough } from "@biped/listener/node-version";

if (isNodeNewEnough("biped-data-export-api")) await import("./main.ts");
