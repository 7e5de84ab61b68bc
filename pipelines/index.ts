/** Every pipeline of this repository, one line each. */

import { airportStates } from './airport-states.ts';
import { airports } from './airports.ts';
import { birdStrikes } from './bird-strikes.ts';
import { flights } from './flights.ts';
import { movies } from './movies.ts';

export const pipelines = [flights, birdStrikes, movies, airports, airportStates];
